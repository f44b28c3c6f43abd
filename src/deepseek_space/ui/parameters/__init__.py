"""What readers set for their replies: parameters, presets, system prompts, and their links."""
