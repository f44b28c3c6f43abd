"""Turns and their versions, and the replies that are written into them."""
