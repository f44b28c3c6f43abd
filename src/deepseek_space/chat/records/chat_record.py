"""A conversation as JSON: what a reader's browser keeps, and what is exported and imported.

A record is ``{"format": "deepseek-space-chat", "version": 1, "id", "turns", "chosen", "workspace"}``, where ``turns``
are the fields of ``Turn`` that are not blank, oldest version first; ``workspace`` is there where it has files. Browsers
add ``title``, ``created``, ``updated``, ``heard_s`` and ``pinned``, which mean nothing here. An export is
``{"format": "deepseek-space-chats", "version": 1, "chats": [record, …]}``.

Everything that is read here comes from somebody's browser or file: nothing is taken over that is not checked.
"""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from deepseek_space.chat.records.json_places import children, line_of, place_of
from deepseek_space.chat.turns.conversation import Conversation
from deepseek_space.chat.turns.turn import Turn
from deepseek_space.chat.turns.turn_tree import ROOT
from deepseek_space.chat.workspace.workspace import Workspace, restored
from deepseek_space.errors import RequestError
from deepseek_space.sentences import Sentence, from_json, to_json
from deepseek_space.text.bounds import MAX_TURNS
from deepseek_space.text.json_size import holds_more

FORMAT = "deepseek-space-chat"
EXPORT_FORMAT = "deepseek-space-chats"
VERSION = 1
MAX_CHARACTERS = 64 * 1024 * 1024
MAX_PLACES = 20  # no sentence has so many
MAX_VALUES = 2_000_000  # a turn with all there is to it has about 100
_MARK = "\ufeff"  # of the order of bytes, with which some editors begin a file

Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class _Said(BaseModel):
    """What a sentence was made of: anybody's words, which are filled in nowhere but in a catalogue's translation."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    text: str
    template: str
    values: dict[str, "_Said | str | int | float | bool | None"] = Field(max_length=MAX_PLACES)


@dataclass(frozen=True, kw_only=True)
class _KeptTurn(Turn):
    """A turn as it is in a record, where an error is text and ``said`` what that was made of."""

    said: _Said | None = None


class _Record(BaseModel):
    model_config = ConfigDict(strict=True, allow_inf_nan=False)

    format: Literal["deepseek-space-chat"] = FORMAT
    version: Literal[1] = VERSION
    id: Id
    turns: list[_KeptTurn] = Field(max_length=MAX_TURNS)
    chosen: dict[str, str] = {}
    workspace: Workspace | None = None


_TURN = TypeAdapter(_KeptTurn)
_REASONS = {
    "missing": "“{name}” is missing here",
    "string_type": "“{name}” is not text",
    "int_type": "“{name}” is not a whole number",
    "int_from_float": "“{name}” is not a whole number",
    "float_type": "“{name}” is not a number",
    "finite_number": "“{name}” is not a number",
    "bool_type": "“{name}” is neither true nor false",
    "list_type": "“{name}” is not a list",
    "tuple_type": "“{name}” is not a list",
    "literal_error": "“{name}” has a value that is not known here",
    "too_long": "“{name}” holds too many entries",
}


class RecordError(RequestError):
    """A record or an export that cannot be taken over; says where and why. ``line`` counts from 1."""

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        super().__init__("Line {line}: {reason}", line=line, reason=reason)


def to_record(conversation: Conversation) -> dict[str, Any]:
    """Return the record of a conversation; an open turn is in it as far as it is written."""
    now_s = time.monotonic()
    turns = [_kept(_without_clock(turn, now_s)) for turn in conversation.tree.values()]
    work = conversation.workspace if conversation.workspace.files else None
    record = _Record(id=conversation.id, turns=turns, chosen=dict(conversation.chosen), workspace=work)
    kept = record.model_dump(mode="json", exclude=None if work else {"workspace"})
    return {**kept, "turns": [_without_blanks(turn) for turn in kept["turns"]]}


def reply_record(turn: Turn) -> dict[str, Any]:
    """Return a turn as it is in a record, but without its documents."""
    kept = _TURN.dump_python(_kept(_without_clock(replace(turn, files=()), time.monotonic())), mode="json")
    return _without_blanks(kept)


def read_turn(text: str) -> Turn:
    """Return the turn of ``reply_record``, broken off if it was open; raises RecordError for anything else."""
    _check_length(text)
    try:
        return _broken_off(_restored(_TURN.validate_json(text, strict=True)))
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        raise RecordError(1, _said(problem["type"], problem["loc"])) from None


def read_record(text: str) -> Conversation:
    """Return the conversation of a record, with no turn open: one that was is broken off.

    Raises RecordError for anything but a whole record of a version that is known here.
    """
    text = text.removeprefix(_MARK)
    _check_length(text)
    _parse(text)
    return _conversation(text, _start(text))


def parse(text: str) -> Any:
    """Return what a file holds, of whatever program; raises RecordError for what is no JSON, or far too much of it."""
    text = text.removeprefix(_MARK)
    _check_length(text)
    return _parse(text)


def read_export(text: str) -> list[dict[str, Any]]:
    """Return the records in an export, or the one that ``text`` is; raises RecordError if any cannot be read."""
    whole = parse(text)
    text = text.removeprefix(_MARK)
    if not isinstance(whole, dict) or whole.get("format") not in (FORMAT, EXPORT_FORMAT):
        raise RecordError(1, Sentence("this is no export of chats from here"))
    if whole["format"] == FORMAT:
        return [_checked(text, _start(text), whole)]
    _check_version(text, 0, whole)
    if not isinstance(whole.get("chats"), list):
        raise RecordError(1, Sentence("the chats are missing"))
    starts = children(text, place_of(text, ("chats",)))
    return [_checked(text, start, chat) for start, chat in zip(starts, whole["chats"], strict=True)]


def _checked(text: str, start: int, record: Any) -> dict[str, Any]:
    """Return the record as it is kept, with what a browser gave it."""
    title, *times = (record.get(name) if isinstance(record, dict) else None for name in ("title", "created", "updated"))
    added = {"title": title[:200]} if isinstance(title, str) else {}
    named = zip(("created", "updated"), times, strict=True)
    added |= {name: value for name, value in named if isinstance(value, int) and not isinstance(value, bool)}
    pinned = {"pinned": True} if isinstance(record, dict) and record.get("pinned") is True else {}
    return {**to_record(_conversation(text, start)), **added, **pinned}


def _conversation(text: str, start: int) -> Conversation:
    value, end = json.JSONDecoder().raw_decode(text, start)
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise RecordError(line_of(text, start), Sentence("this is no chat from here"))
    _check_version(text, start, value)
    try:
        record = _Record.model_validate_json(text[start:end])
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        at = place_of(text, problem["loc"], start)
        raise RecordError(line_of(text, at), _said(problem["type"], problem["loc"])) from None
    except RequestError as error:
        raise RecordError(line_of(text, start), error.sentence) from None
    for number, reason in _misplaced(record):
        raise RecordError(line_of(text, place_of(text, ("turns", number), start)), reason)
    tree = {turn.id: _broken_off(_restored(turn)) for turn in record.turns}
    return Conversation(id=record.id, tree=tree, chosen=record.chosen, workspace=_workspace(record, text, start))


def _workspace(record: _Record, text: str, start: int) -> Workspace:
    try:
        return restored(record.workspace or Workspace())
    except RequestError as error:
        raise RecordError(line_of(text, place_of(text, ("workspace",), start)), error.sentence) from None


def _said(kind: str, path: Sequence[str | int]) -> str:
    """Return in words what pydantic calls ``kind``."""
    name = next((step for step in reversed(path) if isinstance(step, str)), "")
    return Sentence(_REASONS.get(kind, "“{name}” is damaged"), name=name)


def _misplaced(record: _Record) -> Iterator[tuple[int, str]]:
    """Yield what keeps the turns from being a tree, and at which of them."""
    parents = {ROOT: ""}
    for number, turn in enumerate(record.turns):
        if turn.id in parents:
            yield number, Sentence("this turn is there twice, or has no id")
        if turn.parent not in parents:
            yield number, Sentence("this turn follows one that is not before it")
        parents[turn.id] = turn.parent
    for parent, chosen in record.chosen.items():
        if chosen == ROOT or parents.get(chosen) != parent:
            yield 0, Sentence("the version that is shown does not exist: {turn}", turn=chosen[:80])


def _check_length(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise RecordError(
            1, Sentence("{count:,} characters are too many; at most {limit:,}", count=len(text), limit=MAX_CHARACTERS)
        )
    if holds_more(text, MAX_VALUES):
        raise RecordError(1, Sentence("this is made of too many parts; at most {limit:,}", limit=MAX_VALUES))


def _start(text: str) -> int:
    return len(text) - len(text.lstrip(" \t\r\n"))


def _check_version(text: str, start: int, value: dict[str, Any]) -> None:
    version = value.get("version")
    if isinstance(version, bool) or version != VERSION:
        line = line_of(text, place_of(text, ("version",), start))
        found = repr(version)[:80]
        raise RecordError(line, Sentence("this was written by another version of the app: {version}", version=found))


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise RecordError(error.lineno, Sentence("this is not JSON; the file was changed or cut off")) from None
    except (ValueError, RecursionError):
        raise RecordError(1, Sentence("a number is too long, or the nesting is too deep")) from None


def _without_blanks(turn: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in turn.items() if name == "question" or value not in (None, "", [])}


def _kept(turn: Turn) -> _KeptTurn:
    """Return the turn with what its error was made of beside it."""
    has_values = isinstance(turn.error, Sentence) and turn.error.values
    return _KeptTurn(**_fields(turn), said=_Said.model_validate(to_json(turn.error)) if has_values else None)


def _restored(turn: _KeptTurn) -> Turn:
    """Return the turn with its error in one; its text says it wherever no catalogue has such a sentence."""
    error = from_json(turn.said.model_dump() if turn.said else turn.error)
    return Turn(**{**_fields(turn), "error": error})


def _fields(turn: Turn) -> dict[str, Any]:
    return {item.name: getattr(turn, item.name) for item in fields(Turn)}


def _without_clock(turn: Turn, now_s: float) -> Turn:
    """Return the turn without moments of this process's clock, which mean nothing to any other."""
    if turn.thinking_since_s is not None:
        turn = replace(turn, thinking_s=now_s - turn.thinking_since_s)
    return replace(turn, thinking_since_s=None, waiting=None)


def _broken_off(turn: Turn) -> Turn:
    turn = _without_clock(turn, 0.0)
    if turn.state != "open":
        return turn
    reason = Sentence("This reply broke off: the app was restarted, or the page was away for too long.")
    return turn.end("failed", 0.0, error=reason)
