"""Routes for programs, beside the page: figures for Prometheus. Knows backends by their protocol alone."""
