"""Files in, plain text out: what readers attach to their questions."""
