"""Texts to be continued, as OpenAI has them."""
