"""Conversations, as OpenAI has them."""
