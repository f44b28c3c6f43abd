"""Chat templates that checkpoints bring: programs of their publishers, run where they can be ended."""
