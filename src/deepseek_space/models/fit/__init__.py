"""Does it fit? What a model takes and what a machine has: arithmetic, before anything is fetched."""
