"""One literal per published checkpoint, one file per generation of the family."""
