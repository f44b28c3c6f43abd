"""Which model answers, which could, and how far another one has come."""
