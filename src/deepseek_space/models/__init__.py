"""Which weights, do they fit, fetch them, load them. Knows nothing about requests or pages."""
