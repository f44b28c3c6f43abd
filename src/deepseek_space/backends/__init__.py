"""Ways to stream a reply: this process's model, another server's, or a script. Knows nothing about pages."""
