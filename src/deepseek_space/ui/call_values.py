"""What callers of the public endpoints give, checked: clients send any JSON, of which Gradio checks nothing.

Knows no endpoint and asks no model.
"""

from deepseek_space.backends.base import Backend
from deepseek_space.chat.workspace.workspace import Workspace
from deepseek_space.errors import RequestError
from deepseek_space.text.bounds import MAX_TURNS
from deepseek_space.types import Message, Sampling, shown
from deepseek_space.ui.parts.controls import to_sampling
from deepseek_space.ui.sampling_arguments import Chosen


def text_of(name: str, value: object, *, default: str | None = None) -> str:
    """Return a text; some clients fill with null what was left out."""
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise RequestError("{name} is {value}; it must be text.", name=name, value=shown(value))
    return value


def choice_of(name: str, value: object) -> bool | None:
    """Return a choice that may be left to the model."""
    if value is not None and not isinstance(value, bool):
        raise RequestError("{name} is {value}; it must be true, false or null.", name=name, value=shown(value))
    return value


def files_of(files: object) -> Workspace:
    """Return files, name → text, as a workspace; raises RequestError for names and sizes that cannot be in one."""
    files = {} if files is None else files
    if not isinstance(files, dict):
        raise RequestError('files is {value}; it must be {{"name": "text"}}.', value=shown(files))
    if "path" in files:  # Gradio's client would take the answer for a file to be fetched
        raise RequestError("A file named {name} cannot be sent this way. Give it another name.", name="path")
    return Workspace().put_all({name: text_of(f"files[{name!r}]", text) for name, text in files.items()}, "import")


def past_of(history: object) -> list[Message]:
    """Return earlier turns, from their texts or as Gradio's chatbot keeps them, without its thoughts."""
    history = [] if history is None else history
    if not isinstance(history, list):
        raise RequestError(
            "history is {history}; it must be a list of earlier turns, or [] for none.", history=shown(history)
        )
    if len(history) > MAX_TURNS:
        raise RequestError(
            "history holds {count:,} messages; the most that can be sent is {limit:,}.",
            count=len(history),
            limit=MAX_TURNS,
        )
    return [_past_message(item) for item in history if not _is_thought(item)]


def sampling_of(backend: Backend, chosen: Chosen) -> Sampling:
    """Return the parameters: those that were given, and for all others what the model recommends."""
    recommended = backend.status().sampling
    given = {name: value for name, value in chosen.items() if value not in (None, [], "")}
    if isinstance(given.get("stop"), str):
        given["stop"] = [given["stop"]]  # OpenAI's clients may write one so, and each letter would be a stop string
    return to_sampling(**{name: given.get(name, getattr(recommended, name)) for name in chosen})


def _is_thought(item: object) -> bool:
    # Gradio's chatbot keeps thoughts as messages of their own; they never go back to the model.
    return isinstance(item, dict) and isinstance(item.get("metadata"), dict) and bool(item["metadata"].get("title"))


def _past_message(item: object) -> Message:
    """Return an earlier turn from its text, or from the parts in which Gradio's chatbot keeps it."""
    match item:
        case {"role": "user" | "assistant" | "system" as role, "content": str(content)}:
            return Message(role=role, content=content)
        case {"role": "user" | "assistant" | "system" as role, "content": list(parts)} if all(map(_is_text, parts)):
            return Message(role=role, content="".join(part["text"] for part in parts))
    raise RequestError(
        'history holds {item}; each item must be {{"role": "user", "content": "text"}}.', item=f"{item!r:.200}"
    )


def _is_text(part: object) -> bool:
    return isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)
