"""Conversations, as Anthropic has them."""
