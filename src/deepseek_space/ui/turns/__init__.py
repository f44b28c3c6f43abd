"""Conversations as values, and the replies that are being written into them. No components."""
