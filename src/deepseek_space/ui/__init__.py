"""The page, on Gradio. Knows backends by their protocol alone, and nothing about torch."""
