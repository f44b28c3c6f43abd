"""Who may ask, and who it is as far as it matters."""
