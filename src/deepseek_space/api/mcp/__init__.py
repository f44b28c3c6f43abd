"""What the model can do, as tools for agents: the Model Context Protocol over HTTP, without sessions."""
