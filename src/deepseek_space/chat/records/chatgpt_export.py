"""Chats as ChatGPT exports them, ``conversations.json``, as records of here. Pure; knows no page.

An export is a list of conversations, each with a ``mapping`` of nodes by id: a ``message``, its ``parent`` and its
``children``. A node with several children is where a question was edited or an answer tried again. Here the answer goes
with its question, so each way from one question to the next, or to an end, is a turn, and those that begin at one place
are versions of each other. Of a message its text, code, what code printed, and thoughts are taken. The rest, whose data
is not in that file, is counted by kind. What is odd is passed over: the format is not published, and changes.
"""

import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from deepseek_space.chat.records.chat_record import to_record
from deepseek_space.chat.turns.conversation import Conversation
from deepseek_space.chat.turns.turn import Turn
from deepseek_space.chat.turns.turn_tree import ROOT
from deepseek_space.sentences import Sentence
from deepseek_space.text.bounds import MAX_TURNS

LEFT_OUT = {
    "image": Sentence("Images"),
    "audio": Sentence("Recordings"),
    "file": Sentence("Attached files"),
    "instructions": Sentence("Custom instructions"),
    "other": Sentence("Other contents"),
    "chat": Sentence("Damaged chats"),
}
"""What cannot be taken, by kind."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CITATION = re.compile("\ue200[^\ue201]*\ue201")  # where a source stood, which is not in the file
_FENCE = re.compile(r"`{3,}")

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Export:
    """Records as ``read_export`` returns them, and how much was left out, by kinds of ``LEFT_OUT``."""

    chats: list[Json]
    left_out: Counter[str]


@dataclass(frozen=True, kw_only=True)
class _Way:
    """What has been said since the last question, on the way to ``node``; ``parent`` is the turn before."""

    node: str
    parent: str = ROOT
    turn: Turn | None = None


def is_chatgpt(whole: object) -> bool:
    """Whether this is what such a file holds, or one conversation of it."""
    some = whole[0] if isinstance(whole, list) and whole else whole
    return isinstance(some, dict) and isinstance(some.get("mapping"), dict)


def read_chatgpt(whole: Any) -> Export:
    """Return what can be taken of an export, for which ``is_chatgpt`` holds."""
    left_out: Counter[str] = Counter()
    chats = []
    for conversation in whole if isinstance(whole, list) else [whole]:
        try:
            chat = _chat(conversation, left_out)
        except (AttributeError, KeyError, TypeError, ValueError):  # not as it was when this was written
            chat, left_out["chat"] = None, left_out["chat"] + 1
        chats += [chat] if chat else []
    return Export(chats=chats, left_out=left_out)


def _chat(source: Json, left_out: Counter[str]) -> Json | None:
    """Return the record of a conversation; None where nobody has said anything in it."""
    nodes: dict[str, Json] = source["mapping"]
    turns = {turn.id: turn for turn in _turns(nodes, left_out)}
    if not turns:
        return None
    title, shown = source.get("title"), _chosen(nodes, turns, source.get("current_node"))
    name = str(source.get("conversation_id") or source.get("id") or f"{title}{source.get('create_time')}")
    record = to_record(Conversation(id=_id(name), tree=turns, chosen=shown))
    times = {"created": source.get("create_time"), "updated": source.get("update_time")}
    told = {key: int(value * 1000) for key, value in times.items() if isinstance(value, int | float)}
    return {**record, **({"title": title[:200]} if isinstance(title, str) and title else {}), **told}


def _turns(nodes: dict[str, Json], left_out: Counter[str]) -> Iterator[Turn]:
    """Yield a turn for each way from a question to the next one or to an end, those before it first."""
    ways = deque(_Way(node=name) for name, node in nodes.items() if node.get("parent") not in nodes)
    seen = {way.node for way in ways}  # each is to be there once, whatever a file says
    emitted = 0
    while ways and emitted < MAX_TURNS:
        way = ways.popleft()
        message = _message(nodes[way.node])
        turn = _after(way.turn, message, left_out) if message else way.turn
        children = [name for name in nodes[way.node].get("children") or [] if name in nodes and name not in seen]
        seen.update(children)
        asks = [name for name in children if _asks(nodes[name])]
        parent = way.parent
        if turn and (asks or not children):
            emitted += 1
            yield replace(turn, id=_id(way.node), parent=way.parent)
            parent = _id(way.node)
        ways += [_Way(node=name, parent=parent) for name in asks]
        ways += [_Way(node=name, parent=way.parent, turn=turn) for name in children if name not in asks]


def _asks(node: Json) -> bool:
    message = _message(node)
    return message is not None and message["author"]["role"] == "user"


def _message(node: Json) -> Json | None:
    """Return what was said at a node, where it was said to anybody."""
    message = node.get("message")
    hidden = message and (message.get("metadata") or {}).get("is_visually_hidden_from_conversation")
    return message if message and not hidden and message["author"]["role"] in ("user", "assistant", "tool") else None


def _after(turn: Turn | None, message: Json, left_out: Counter[str]) -> Turn:
    """Return the turn with one more message."""
    turn = turn or Turn(question="", state="done")
    role, content = message["author"]["role"], message.get("content") or {}
    attached = (message.get("metadata") or {}).get("attachments") or []
    left_out["file"] += sum(not str(file.get("mime_type") or "").startswith("image/") for file in attached)
    if content.get("content_type") == "thoughts":
        thoughts = [_joined(thought.get("summary"), thought.get("content")) for thought in content["thoughts"]]
        return replace(turn, reasoning=_joined(turn.reasoning, *thoughts))
    if content.get("content_type") == "reasoning_recap":
        took_s = (message.get("metadata") or {}).get("finished_duration_sec")
        return replace(turn, thinking_s=float(took_s)) if isinstance(took_s, int | float) else turn
    text = _text(content, left_out, is_tool=role == "tool")
    if role == "user":
        return replace(turn, question=_joined(turn.question, text))
    return replace(turn, answer=_joined(turn.answer, text))


def _text(content: Json, left_out: Counter[str], *, is_tool: bool) -> str:
    match content.get("content_type"):
        case "text" | "multimodal_text":
            text = _joined(*(_part(part, left_out) for part in content.get("parts") or []))
            return "" if is_tool and content["content_type"] == "text" else text  # what a tool was told, not the reader
        case "code":
            language = str(content.get("language") or "")
            return _fenced(str(content.get("text") or ""), "" if language == "unknown" else language)
        case "execution_output":
            return _fenced(str(content.get("text") or ""), "")
        case "user_editable_context" | "model_editable_context":
            left_out["instructions"] += 1
        case _:
            left_out["other"] += 1
    return ""


def _part(part: Any, left_out: Counter[str]) -> str:
    if isinstance(part, str):
        return _CITATION.sub("", part)
    kind = str(part.get("content_type") or "")
    if kind == "audio_transcription":
        return str(part.get("text") or "")
    name = "image" if "image" in kind else "audio" if "audio" in kind or "video" in kind else "other"
    left_out[name] += 1
    return f"[{name}]"


def _fenced(text: str, language: str) -> str:
    longest = max(map(len, _FENCE.findall(text)), default=2)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}" if text.strip() else ""


def _joined(*texts: object) -> str:
    return "\n\n".join(text.strip("\n") for text in texts if isinstance(text, str) and text.strip())


def _chosen(nodes: dict[str, Json], turns: dict[str, Turn], current: object) -> dict[str, str]:
    """Return which version is shown under each parent: that on the way to the node that was looked at last."""
    chosen: dict[str, str] = {}
    at, steps = current, 0
    while isinstance(at, str) and at in nodes and steps <= len(nodes):
        turn = turns.get(_id(at))
        if turn:
            chosen.setdefault(turn.parent, turn.id)
        at, steps = nodes[at].get("parent"), steps + 1
    return chosen


def _id(name: str) -> str:
    return name if _ID.fullmatch(name) else sha256(name.encode()).hexdigest()[:32]
