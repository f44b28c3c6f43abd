"""Files and edits in a model's answer: read as they stream, applied, compared and merged. Text alone, no disk."""
