"""How much text one request may carry, however it comes: from the page, Gradio's clients, or OpenAI's.

What fits the model is the backend's to say; this bounds what is worth a place in its queue.
"""

from deepseek_space.errors import RequestError
from deepseek_space.sentences import Sentence

MAX_CHARACTERS = 400_000  # about 100,000 tokens
MAX_TURNS = 10_000


def check_length(name: str, text: str) -> None:
    """Raise RequestError if there is far too much text to be worth a place in the queue."""
    if len(text) > MAX_CHARACTERS:
        raise RequestError(
            "{name} is {length:,} characters long; the most that can be sent is {limit:,}. Shorten it.",
            name=Sentence(name),
            length=len(text),
            limit=MAX_CHARACTERS,
        )
