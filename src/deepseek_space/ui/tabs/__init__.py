"""The tabs: what stands in each, and what its buttons do."""
