"""What readers keep in their own browsers: chats, and what is not sent yet; as files too."""
