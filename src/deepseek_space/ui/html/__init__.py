"""Raw text and values into HTML. No event and no component."""
