"""Checkpoints from the Hugging Face Hub, into its own cache: listed, judged, fetched, verified."""
