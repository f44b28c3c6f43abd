"""A model behind another server that speaks OpenAI's protocol."""
