"""Routes for programs, beside the page: OpenAI's and Anthropic's protocols, infilling, figures for Prometheus, health.

Knows backends by protocol alone.
"""
