"""How a conversation is shown, and what the buttons under its messages do."""
