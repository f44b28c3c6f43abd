"""What belongs at an editor's cursor, as llama.cpp has it."""
