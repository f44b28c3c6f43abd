"""Routes for programs over the same backend: figures, and the protocol of OpenAI. Knows no page and no model."""
