"""Ways to stream a reply: this process's model, or a script. Knows nothing about pages."""
