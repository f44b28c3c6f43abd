"""A dictionary of Gradio's own words, as HTML for ``assets/page/language.js``; translated with the page."""

from html import escape

from deepseek_space.sentences import Sentence

# What Gradio's front end says in English whatever the language.
_GRADIO_SAYS = tuple(
    map(
        Sentence,
        (
            "An error occurred",
            "Close",
            "Code input container",
            "Connection errored out.",
            "Connection Lost",
            "Connection to the server was lost. Attempting reconnection...",
            "Copied",
            "Copy",
            "Copy message",
            "Download",
            "Fold line",
            "Gradio footer navigation",
            "More tabs",
            "Reset to default value",
            "Scroll down",
            "Unfold line",
            "This application is currently busy. Please try again.",
            "chatbot conversation",
            "copy",
        ),
    )
)
_GRADIO_BEGINS = tuple(map(Sentence, ("bot's message:", "number input for", "range slider for", "user's message:")))


def gradio_words() -> str:
    """Return a dictionary from Gradio's words to those of the page; some only begin what is said."""
    whole = "".join(f'<data value="{escape(said)}">{escape(said)}</data>' for said in _GRADIO_SAYS)
    begun = "".join(f'<data value="{escape(said)}" class="is-begun">{escape(said)}</data>' for said in _GRADIO_BEGINS)
    return f'<div id="gradio-words" hidden>{whole}{begun}</div>'
