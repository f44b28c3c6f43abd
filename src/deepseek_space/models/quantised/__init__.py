"""Linear layers whose weights take fewer bits, and experts made of them."""
