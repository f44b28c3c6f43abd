"""Does it fit? What a model takes and what a machine has: arithmetic, with nothing fetched."""
