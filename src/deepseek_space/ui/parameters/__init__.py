"""What readers set for their replies: parameters, presets, system prompts, and links that carry them."""
