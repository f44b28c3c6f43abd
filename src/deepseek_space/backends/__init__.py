"""Ways to stream a reply: this process's model, a remote server, a script. Knows nothing about pages."""
