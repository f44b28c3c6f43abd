"""What is said to vLLM."""
