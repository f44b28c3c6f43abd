"""Routes for programs, beside the page: OpenAI's protocol, figures for Prometheus. Knows backends by protocol alone."""
