"""Turns → the messages of a Gradio Chatbot, and the words for what is going on. Knows no components, only their data.

What is not said by anybody (buttons, figures, errors, notes) is HTML of our own in messages of its own, so that it is
not sent to a model; the texts in it are escaped.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from html import escape

from deepseek_space.chat.turns.turn import Turn
from deepseek_space.chat.turns.turn_tree import Place
from deepseek_space.chat.workspace.answers import files_named
from deepseek_space.events import Event, Loading, Prefill, Queued
from deepseek_space.status import Status
from deepseek_space.text.edits.shown import fenced_edits
from deepseek_space.ui.html import render
from deepseek_space.ui.html.figures import figures
from deepseek_space.ui.html.file_chips import question_chips
from deepseek_space.ui.html.message_actions import (
    answer_now,
    going_on,
    left_out,
    open_files,
    question_actions,
    reply_actions,
    show_earlier,
)
from deepseek_space.ui.words.amounts import token_text
from deepseek_space.ui.words.language import language, say

ChatMessage = dict[str, object]


@dataclass(frozen=True, kw_only=True)
class Abilities:
    """What can be asked of the model that answers; see ``Status``."""

    can_choose_thinking: bool = False
    can_answer_now: bool = True
    can_continue: bool = True


def abilities(status: Status) -> Abilities:
    """Return those of the model that ``status`` tells of."""
    return Abilities(
        can_choose_thinking=status.can_choose_thinking,
        can_answer_now=status.can_answer_now,
        can_continue=status.can_continue,
    )


def transcript(
    places: Sequence[Place], now_s: float, *, able: Abilities = Abilities(), most: int | None = None
) -> list[ChatMessage]:
    """Return the messages of a conversation, at most of its latest ``2 * most`` turns where that is given.

    ``now_s`` is the clock that times an open turn's thoughts.
    """
    earlier = 0 if most is None else _left_out(len(places), most)
    messages = [_message("assistant", show_earlier(earlier))] if earlier else []
    for place in places[earlier:]:
        if place.turn.state == "open":
            messages += [*_question(place), *_open_reply(place.turn, now_s, able)]
        else:
            messages += _settled(_drawn(place), place is places[-1], able, language())
    return messages


_ALONE = Abilities(can_answer_now=False)  # nobody hears the buttons of a reply outside a conversation


def explanation(turn: Turn, text: str, now_s: float) -> list[ChatMessage]:
    """Return the messages of a single reply without its question, with ``text`` in place of its answer."""
    turn = replace(turn, answer=text or " " * bool(turn.answer))
    if turn.state == "open":
        return _open_reply(turn, now_s, _ALONE)
    return [*_reply(turn), _message("assistant", "".join([*_notes(turn), figures(turn.usage) if turn.usage else ""]))]


def waiting_text(event: Event | None) -> str:
    """Say what a reply is waiting for."""
    match event:
        case Loading(stage=stage, done=done, total=total) if total:
            return say("Loading the model … {percent} % · {stage}", percent=100 * done // total, stage=say(stage))
        case Loading(stage=stage):
            return say("Loading the model … {stage}", stage=say(stage))
        case Queued(position=0):
            return say("Waiting for a place")
        case Queued(position=position):
            return say("Waiting: position {position}", position=f"{position:,}")
        case Prefill(read=read, total=total) if read < total:
            return say("Reading the prompt: {read} of {total} tokens", read=f"{read:,}", total=f"{total:,}")
    return say("Starting the answer")


def note(text: str) -> str:
    """Return a quiet line."""
    return f'<div class="ds-note">{escape(text)}</div>'


def _left_out(turns: int, most: int) -> int:
    # In steps: the page draws all messages anew when the first of them is another one.
    return max(0, turns - most) // most * most


def _drawn(place: Place) -> Place:
    # What was drawn is remembered for all pages, and is not to hold what people have attached.
    files = tuple(replace(file, text="") for file in place.turn.files)
    return replace(place, turn=replace(place.turn, files=files)) if files else place


@lru_cache(maxsize=1024)  # settled turns are drawn again at each update of a later one
def _settled(place: Place, is_last: bool, able: Abilities, _language: str) -> tuple[ChatMessage, ...]:
    turn = place.turn
    line = figures(turn.usage, turn.settings) if turn.usage else ""
    actions = reply_actions(place, line, is_last=is_last, can_choose_thinking=able.can_choose_thinking)
    ways = {"can_continue": able.can_continue, "can_end_thoughts": able.can_answer_now}
    ways_on = [going_on(turn, **ways) if is_last else "", open_files(turn, files_named(turn.answer))]
    ending = "".join([*_notes(turn), left_out(turn), *ways_on, actions])
    return (*_question(place), *_reply(turn), _message("assistant", ending))


def _question(place: Place) -> list[ChatMessage]:
    files = [_message("user", question_chips(place.turn.files))] if place.turn.files else []
    return [*files, _message("user", render.message(place.turn.question)), _message("user", question_actions(place))]


def _reply(turn: Turn) -> list[ChatMessage]:
    messages = []
    if turn.reasoning:
        metadata = {"title": _thought_title(turn.thinking_s, turn.reasoning_tokens), "status": "done"}
        messages.append(_message("assistant", render.answer(turn.reasoning), metadata))
    if turn.answer:
        messages.append(_message("assistant", render.answer(_shown(turn))))
    return messages


def _open_reply(turn: Turn, now_s: float, able: Abilities = Abilities()) -> list[ChatMessage]:
    if turn.waiting and not turn.is_blank:  # a reply that goes on is read again first
        return [*_reply(turn), _pending(waiting_text(turn.waiting))]
    if turn.is_blank:
        return [_pending(waiting_text(turn.waiting))]
    if not turn.is_thinking:
        messages = _reply(replace(turn, answer=""))
        return [*messages, _message("assistant", render.answer(_shown(turn), is_open=True))]
    title = _thinking_title(now_s - (turn.thinking_since_s or now_s), turn.reasoning_tokens)
    thought = _message("assistant", render.answer(turn.reasoning, is_open=True), {"title": title, "status": "pending"})
    return [thought, _message("assistant", answer_now(turn))] if able.can_answer_now else [thought]


def _notes(turn: Turn) -> list[str]:
    """Return, as HTML, why a settled turn is not what was hoped for."""
    notes = []
    if turn.usage and turn.usage.finish_reason == "length":
        notes.append(note(say("The answer was cut off: it reached the maximum of new tokens.")))
    if turn.usage and turn.usage.finish_reason == "time":
        notes.append(note(say("The answer was cut off: its time on the graphics card was up. Continue goes on.")))
    if turn.state == "stopped":
        kept = say("Stopped. What was written so far is kept.")
        notes.append(note(say("Stopped before anything was written.") if turn.is_blank else kept))
    if turn.error:
        notes.append(f'<div class="ds-error" role="alert">{escape(say(turn.error))}</div>')
    return notes


def _thinking_title(seconds: float, tokens: int) -> str:
    if not tokens:
        return say("Thinking · {seconds} s", seconds=int(seconds))
    return say("Thinking · {seconds} s · {tokens}", seconds=int(seconds), tokens=token_text(tokens))


def _thought_title(seconds: float | None, tokens: int) -> str:
    if seconds is None or not tokens:
        return say("Thoughts")
    return say("Thoughts · {seconds} s · {tokens}", seconds=f"{seconds:.1f}", tokens=token_text(tokens))


def _pending(title: str) -> ChatMessage:
    return _message("assistant", "", {"title": title, "status": "pending"})


def _message(role: str, text: str, metadata: dict[str, object] | None = None) -> ChatMessage:
    # As a bare string the text would lose its tabs and indentation to inspect.cleandoc.
    return {"role": role, "content": [{"type": "text", "text": text}], "metadata": metadata or {}}


def _shown(turn: Turn) -> str:
    """Return the answer; where it may hold edits, each is in a fence."""
    return fenced_edits(turn.answer) if turn.settings.style else turn.answer
