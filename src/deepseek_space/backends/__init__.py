"""Ways to stream a reply: this process's model, one that a server elsewhere runs, or a script. Knows nothing about pages."""
