"""Turns → the messages of a Gradio Chatbot, and the words for what is going on. Knows no components, only their data.

What is not said by anybody (figures, errors, notes) is HTML of our own in messages of its own, so that it is neither
copied with an answer nor sent to a model; the texts in it are escaped.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from html import escape

from deepseek_space.types import Event, Loading, Prefill, Queued, Usage
from deepseek_space.ui import render
from deepseek_space.ui.turn import Turn

ChatMessage = dict[str, object]

_FINISH = {
    "stop": "the model ended its answer",
    "length": "cut off at the most new tokens allowed",
    "cancelled": "stopped",
    "error": "broken off by an error",
}


def transcript(turns: Sequence[Turn], now_s: float) -> list[ChatMessage]:
    """Return all messages of a conversation; ``now_s`` is the clock that times an open turn's thoughts."""
    return [message for turn in turns for message in (_live(turn, now_s) if turn.state == "open" else _settled(turn))]


def explanation(turn: Turn, text: str, now_s: float) -> list[ChatMessage]:
    """Return the messages of a single reply without its question, with ``text`` in place of its answer."""
    return _live(replace(turn, answer=text or " " * bool(turn.answer)), now_s)[1:]


def waiting_text(event: Event | None) -> str:
    """Say what a reply is waiting for."""
    match event:
        case Loading(stage=stage, done=done, total=total) if total:
            return f"Loading the model … {100 * done // total} % · {stage}"
        case Loading(stage=stage):
            return f"Loading the model … {stage}"
        case Queued(position=position):
            return f"Waiting: position {position:,}"
        case Prefill(read=read, total=total) if read < total:
            return f"Reading the prompt: {read:,} of {total:,} tokens"
    return "Starting the answer"


def figures(usage: Usage) -> str:
    """Return the line of figures under an answer: a summary that unfolds into all of them."""
    summary = [
        escape(usage.model),
        f"{usage.generated_tokens:,} token{'' if usage.generated_tokens == 1 else 's'}",
        f"{usage.tokens_per_second:.1f} tokens/s",
        f"first after {usage.time_to_first_token_s:.2f} s",
    ]
    rows = {
        "Model": escape(usage.model),
        "Prompt": f"{usage.prompt_tokens:,} tokens, {usage.cached_tokens:,} of them remembered",
        "Reply": f"{usage.generated_tokens:,} tokens at {usage.tokens_per_second:.1f} per second",
        "First token": f"after {usage.time_to_first_token_s:.3f} s",
        "End": _FINISH[usage.finish_reason],
    }
    table = "".join(f"<tr><th>{name}</th><td>{value}</td></tr>" for name, value in rows.items())
    line = " · ".join(summary)
    return f'<details class="ds-figures"><summary>{line}</summary><table><tbody>{table}</tbody></table></details>'


def ending(turn: Turn) -> str:
    """Return the HTML that follows a settled turn: its figures, its error, or that it was stopped."""
    parts = [figures(turn.usage)] if turn.usage else []
    if turn.usage and turn.usage.finish_reason == "length":
        parts.insert(0, note("The answer was cut off: it reached the maximum of new tokens."))
    if turn.state == "stopped":
        parts.append(note("Stopped. What was written so far is kept."))
    if turn.error:
        parts.append(f'<div class="ds-error" role="alert">{escape(turn.error)}</div>')
    return "".join(parts)


def note(text: str) -> str:
    """Return a quiet line."""
    return f'<div class="ds-note">{escape(text)}</div>'


@lru_cache(maxsize=256)  # finished turns are drawn again at each update of a later one
def _settled(turn: Turn) -> tuple[ChatMessage, ...]:
    return tuple(_live(turn, 0.0))


def _live(turn: Turn, now_s: float) -> list[ChatMessage]:
    messages = [_message("user", render.message(turn.question))]
    if turn.reasoning:
        messages.append(_message("assistant", render.answer(turn.reasoning), _thought(turn, now_s)))
    if turn.answer:
        messages.append(_message("assistant", render.answer(turn.answer)))
    if turn.state != "open":
        messages.append(_message("assistant", ending(turn)))
    elif not turn.answer and not turn.reasoning:
        title = {"title": waiting_text(turn.waiting), "status": "pending"}
        messages.append(_message("assistant", "", title))
    return messages


def _thought(turn: Turn, now_s: float) -> dict[str, object]:
    if turn.is_thinking:
        return {"title": "Thinking", "status": "pending", "duration": int(now_s - turn.thinking_since_s)}
    return {"title": "Thoughts", "status": "done", "duration": round(turn.thinking_s or 0.0, 1)}


def _message(role: str, text: str, metadata: dict[str, object] | None = None) -> ChatMessage:
    # As a bare string the text would lose its tabs and indentation to inspect.cleandoc.
    return {"role": role, "content": [{"type": "text", "text": text}], "metadata": metadata or {}}
