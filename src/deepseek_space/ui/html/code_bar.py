"""The bar over each block of code in an answer, as a template for ``assets/page/code_bar.js``.

Beside it stand the names of those who speak, for ``prose.js``, and what ``diagrams.js`` says: all of it is given to
what Gradio draws of a message.
"""

from deepseek_space.sentences import Sentence

_BREAK, _COPY, _OPEN = Sentence("Break long lines"), Sentence("Copy the code"), Sentence("Open as a file")
_WRAP = '<path d="M4 6h16M4 12h12a3.500 3.500 0 0 1 0 7h-4M4 18h4M14.500 16.500L12 19l2.500 2.500"/>'

_FILE = '<path d="M13 3H6v18h12V8ZM13 3v5h5"/>'


def code_bar() -> str:
    """Return the template, which the page shows nothing of."""
    return (
        '<template id="code-bar" data-say-question="Your message" data-say-answer="Answer" '
        'data-say-thoughts="Thoughts" data-say-diagram="Diagram" data-say-wrong="No drawing:" '
        'data-say-too-long="No drawing: it takes too long." '
        'data-say-unreachable="No drawing: the drawing library could not be fetched." '
        '><div class="ds-code-bar"><span class="ds-code-language"></span>'
        '<button type="button" data-code="turn" class="ds-code-turn" hidden>'
        "<span>Code</span><span>Drawing</span></button>"
        f"{_button('wrap', _BREAK, _icon(_WRAP))}{_button('open', _OPEN, _icon(_FILE))}"
        f"{_button('copy', _COPY)}</div></template>"
    )


def _button(act: str, name: str, icon: str = "") -> str:
    return f'<button type="button" data-code="{act}" class="ds-icon" aria-label="{name}" title="{name}">{icon}</button>'


def _icon(path: str) -> str:
    return (
        '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" '
        f'stroke-linejoin="round" aria-hidden="true">{path}</svg>'
    )
