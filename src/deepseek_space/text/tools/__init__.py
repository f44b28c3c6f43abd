"""Tools in the formats of each generation: how they, calls and results are written, and how calls are read."""
