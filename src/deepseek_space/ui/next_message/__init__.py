"""The next message: where it is written, what goes with it, and whether it fits the context."""
