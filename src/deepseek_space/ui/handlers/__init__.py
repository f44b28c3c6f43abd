"""What is done when something happens on the page: events in, updates out."""
