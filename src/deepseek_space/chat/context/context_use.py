"""What takes the context's tokens: instructions, turns, documents, question, room to answer.

Figures are close, not exact: what a chat template writes around a message is allowed for, not known. Knows no page.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from deepseek_space.backends.base import Backend
from deepseek_space.chat.turns.turn import Turn
from deepseek_space.status import Status
from deepseek_space.text.attachment import Attachment, file_block

Count = Callable[[str], int]

TOKENS_PER_MESSAGE = 8  # role tokens and line breaks, on the safe side
LARGEST_ROOM_SHARE = 4  # of the context: models that may write long would else leave no place for a question


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A message that is not sent yet, and all that would go to the model with it.

    ``work_text`` are the files of the workspace. ``begun`` is what the model reads of a reply that it is to go on with.
    ``context_tokens`` is 0 while it is not known, ``max_new_tokens`` the longest answer that was asked for.
    """

    turns: Sequence[Turn] = ()
    question: str = ""
    begun: str = ""
    files: Sequence[Attachment] = ()
    system_prompt: str = ""
    work_text: str = ""
    max_new_tokens: int = 0
    context_tokens: int = 0


@dataclass(frozen=True, kw_only=True)
class ContextUse:
    """Tokens by what takes them; ``room`` is what should stay free for the answer."""

    context_tokens: int
    system: int
    history: int
    documents: int
    question: int
    room: int

    @property
    def prompt_tokens(self) -> int:
        """What the model reads."""
        return self.system + self.history + self.documents + self.question

    @property
    def tokens_left(self) -> int:
        """What there is for the answer, whether that is enough or not."""
        return max(self.context_tokens - self.prompt_tokens, 0)

    @property
    def tokens_over(self) -> int:
        """By how much the prompt must shrink for the answer to have its room; 0 where the context is not known."""
        return max(self.prompt_tokens + self.room - self.context_tokens, 0) if self.context_tokens else 0


def use_of(draft: Draft, count: Count) -> ContextUse:
    """Return what ``draft`` would take."""
    read = [turn for turn in draft.turns if turn.is_read]
    files = [*draft.files, *(file for turn in read for file in turn.files)]
    return ContextUse(
        context_tokens=draft.context_tokens,
        system=_message_tokens(draft.system_prompt, count),
        history=sum(turn_tokens(turn, count) for turn in read if not turn.is_left_out),
        documents=sum(file_tokens(file, count) for file in files if not file.is_left_out) + count(draft.work_text),
        question=_message_tokens(draft.question, count) + _message_tokens(draft.begun, count),
        room=min(draft.max_new_tokens, draft.context_tokens // LARGEST_ROOM_SHARE),
    )


def turn_tokens(turn: Turn, count: Count) -> int:
    """Return what an earlier turn takes without its files; thoughts do not go back to the model."""
    return _message_tokens(turn.question, count) + _message_tokens(turn.answer, count)


def file_tokens(file: Attachment, count: Count) -> int:
    """Return what a document takes, its block around it included."""
    return count(file_block(file))


def _message_tokens(text: str, count: Count) -> int:
    return count(text) + TOKENS_PER_MESSAGE if text.strip() else 0


MAX_KNOWN = 20_000  # a few megabytes: texts are known by their digests


class TokenCounts:
    """Counts like the backend; may be shared by threads."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._known: dict[tuple[str, bytes], int] = {}

    def by(self, status: Status) -> Callable[[str], int]:
        """Return what counts the tokens of a text for the model that ``status`` tells of."""
        model = f"{status.state} {status.model}"
        return lambda text: self._count(model, text) if text else 0

    def _count(self, model: str, text: str) -> int:
        key = model, blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
        tokens = self._known.get(key)
        if tokens is None:
            tokens = self._backend.count_tokens(text)
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self._known[key] = tokens
        return tokens
