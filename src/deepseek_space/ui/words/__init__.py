"""The page in the reader's language: its sentences, sizes and times."""
