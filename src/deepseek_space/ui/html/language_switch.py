"""The reader's language, as HTML for ``assets/page/language.js``: the switch, and a dictionary of Gradio's own words.

The dictionary's texts are translated with the page, like all that stands on it.
"""

from html import escape

from deepseek_space.sentences import Sentence
from deepseek_space.ui.words.catalogue import languages

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


def language_switch() -> str:
    """Return a button for each language, in its own words, and the rule that hides the one that the page is in."""
    here = ", ".join(f"#page-tools:lang({code}) [data-language={code}]" for code in languages())
    return f"<style>{here} {{ display: none; }}</style>" + "".join(
        f'<button type="button" class="ds-tool" data-language="{code}" lang="{code}" '
        f'aria-label="{escape(name)}">{escape(short)}</button>'
        for code, (name, short) in languages().items()
    )


def gradio_words() -> str:
    """Return a dictionary from Gradio's words to those of the page; some only begin what is said."""
    whole = "".join(f'<data value="{escape(said)}">{escape(said)}</data>' for said in _GRADIO_SAYS)
    begun = "".join(f'<data value="{escape(said)}" class="is-begun">{escape(said)}</data>' for said in _GRADIO_BEGINS)
    return f'<div id="gradio-words" hidden>{whole}{begun}</div>'
