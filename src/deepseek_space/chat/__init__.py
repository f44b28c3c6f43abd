"""What a conversation is, whatever shows it: turns and versions, replies, documents, context, parameters. No Gradio."""
