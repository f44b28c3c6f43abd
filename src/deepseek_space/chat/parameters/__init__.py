"""Presets, advice, system prompts, and links that share them."""
