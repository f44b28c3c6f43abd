"""Replies by script and models in name only, for trying out the page."""
