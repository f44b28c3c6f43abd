"""HTTP alone: bodies in, pieces of replies and errors out."""
