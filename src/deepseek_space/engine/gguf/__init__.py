"""GGUF files on llama.cpp, through the C interface of its library. In the model's own process; imports no torch."""
