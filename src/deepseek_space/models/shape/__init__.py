"""Shapes on the ground: architectures, weights, and what a configuration says of them. No file, no network."""
