"""What stands in an empty chat: which model answers, and messages to begin with that suit it.

HTML of our own; ``page_events.py`` hears its buttons, the stylesheet shows it while the conversation is empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from deepseek_space.sentences import Sentence
from deepseek_space.status import Status
from deepseek_space.ui.html.model_bar import UNNAMED, shown_name
from deepseek_space.ui.words.language import say


@dataclass(frozen=True, kw_only=True)
class Start:
    """A message to begin with, and its name."""

    title: str
    message: str


STARTS: Mapping[str, Start] = {
    "fibonacci": Start(
        title=Sentence("Fibonacci with memoization"),
        message=Sentence("Write a Python function to find the nth Fibonacci number using memoization."),
    ),
    "mistake": Start(
        title=Sentence("Find the mistake"),
        message=Sentence("Why does `0.1 + 0.2 == 0.3` give False, and how should floats be compared?"),
    ),
    "tests": Start(
        title=Sentence("Write the tests"),
        message=Sentence(
            "Write pytest tests for a function slugify(title) that makes the end of a web address of a title."
        ),
    ),
    "pattern": Start(
        title=Sentence("Explain a pattern"),
        message=Sentence(r"Explain this regular expression part by part: `^[\w.]+@[\w.]+\.\w+$`"),
    ),
    "sum": Start(
        title=Sentence("A table and a formula"),
        message=Sentence("Explain the sum of the first n numbers with a table, a formula and code."),
    ),
    "primes": Start(
        title=Sentence("A short proof"),
        message=Sentence("Prove that there are infinitely many prime numbers."),
    ),
    "ball": Start(
        title=Sentence("A small riddle"),
        message=Sentence("A bat and a ball cost 1.10, the bat 1.00 more than the ball. How much is the ball?"),
    ),
    "experts": Start(
        title=Sentence("A term in plain words"),
        message=Sentence("Explain in three sentences what a mixture-of-experts model is."),
    ),
    "sky": Start(
        title=Sentence("A short explanation"),
        message=Sentence("Explain in three sentences why the sky is blue."),
    ),
    "thanks": Start(
        title=Sentence("A short letter"),
        message=Sentence("Write a short letter that thanks a neighbour for watering the plants."),
    ),
    "ideas": Start(
        title=Sentence("A few ideas"),
        message=Sentence("Give five ideas for a rainy Sunday."),
    ),
    "adding": Start(
        title=Sentence("A first program"),
        message=Sentence("Write a Python function that adds two numbers."),
    ),
}
_CODER = ("fibonacci", "mistake", "tests", "pattern")
_REASONER = ("sum", "ball", "fibonacci", "primes")
_CHAT = ("experts", "sum", "fibonacci", "mistake")
_SMALL = ("sky", "thanks", "ideas", "adding")  # what a model of unknown make is likely to manage


def welcome(status: Status, *, can_change: bool, space_id: str = "") -> str:
    """Return the HTML; ``can_change`` says that there is a list of models to choose from.

    ``space_id`` is the Space that this page is, if it is one: who likes it may have one of their own.
    """
    starts = "".join(_start(key) for key in starts_for(status))
    group = f'<div class="ds-starts" role="group" aria-label="{escape(say("Examples"))}">{starts}</div>'
    name, note = _name(status), say(status.note) if status.state == "ready" else ""
    return (
        f'<section class="ds-welcome"><h2>{escape(say("What shall we work on?"))}</h2>'
        f'<p class="ds-welcome-model"><strong>{escape(name)}</strong> <span>{escape(_says(status))}</span></p>'
        f"{f'<p>{escape(note)}</p>' if note else ''}"
        f"{_way_on(status, can_change=can_change)}{group if starts else ''}"
        f"{_duplicate(space_id) if space_id else ''}</section>"
    )


def starts_for(status: Status) -> tuple[str, ...]:
    """Return the keys of the messages that suit the model that answers."""
    name = status.model.lower()
    if status.state == "ready" and not status.can_chat:
        return ()
    if "coder" in name:
        return _CODER
    if status.can_think or "math" in name:
        return _REASONER
    return _CHAT if status.is_deepseek else _SMALL


def _name(status: Status) -> str:
    return say("A model") if status.state == "loading" and status.model == UNNAMED else shown_name(status)


def _says(status: Status) -> str:
    """Return what comes after the model's name."""
    if status.state == "loading":
        return say("is on its way. A message sent now waits for it.")
    if status.state != "ready":
        return say("answers at the moment.") if status.state == "empty" else say("does not answer now.")
    if not status.can_chat:
        return say("continues texts and does not chat.")
    if status.can_choose_thinking:
        return say("answers, with thinking or without.")
    return say("thinks, then answers.") if status.can_think else say("answers here.")


def _way_on(status: Status, *, can_change: bool) -> str:
    """Return a button to what would serve better than writing here."""
    if status.state == "ready" and not status.can_chat:
        return _way("open_code", say("Go to the Code tab"))
    if status.is_deepseek or status.state == "loading" or not can_change:
        return ""
    return _way("open_models", say("Choose a DeepSeek model"))


def _duplicate(space_id: str) -> str:
    address = f"https://huggingface.co/spaces/{quote(space_id)}?duplicate=true"
    label = escape(say("Duplicate this Space"))
    return f'<p><a class="ds-pill" href="{escape(address)}" target="_blank" rel="noopener">{label}</a></p>'


def _way(act: str, label: str) -> str:
    return f'<button type="button" class="ds-act ds-pill" name="{act}">{escape(label)}</button>'


def _start(key: str) -> str:
    start = STARTS[key]
    title, message = escape(say(start.title)), escape(say(start.message))
    return (
        f'<button type="button" class="ds-act ds-start" name="start" value="{key}">'
        f"<strong>{title}</strong><span>{message}</span></button>"
    )
