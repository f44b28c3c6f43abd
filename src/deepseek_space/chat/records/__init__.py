"""Conversations as they are kept and exported, read back with care."""
