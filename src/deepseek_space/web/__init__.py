"""Between the network and the app: connections, prefixes, streams. Knows neither Gradio nor a model."""
