"""The model in a process of its own: what is said through the pipe, the program at its other end, and who minds it."""
