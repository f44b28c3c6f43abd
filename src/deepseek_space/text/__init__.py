"""Text in, text out: prompts, detokenising, reasoning, code. Knows nothing about torch or pages."""
