"""What each request passes before Gradio reads a byte of it: who may come in, how much, and what a page may do."""
