"""What goes along with the next message, and what of the context it takes."""
