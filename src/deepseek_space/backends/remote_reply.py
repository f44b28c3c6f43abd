"""Pieces of one reply as OpenAI-like servers stream them, in; events out, and what it cost.

Knows no connection and no kind of server: thoughts come as ``reasoning_content`` or ``reasoning``, or between tags.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

from deepseek_space.backends.base import pulse
from deepseek_space.backends.connection import Piece, Refused
from deepseek_space.backends.dialect import Asked
from deepseek_space.errors import EngineError
from deepseek_space.text.reasoning import ReasoningParser
from deepseek_space.types import Answer, Done, Event, FinishReason, Prefill, Queued, Reasoning, Usage

# What is not here (a filter of contents, a server that gave up) is an error.
_FINISH: dict[str, FinishReason] = {
    "stop": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "stop_sequence": "stop",
    "tool_calls": "stop",
    "length": "length",
    "max_tokens": "length",
}
_ENDED = [theirs for theirs, ours in _FINISH.items() if ours == "stop"]


class RemoteReply:
    """Reads the reply to ``asked`` from ``model`` at ``host``.

    ``answers_first`` says afterwards whether the text was seen to begin with the answer: the server has a field for
    thoughts, or its template opens none.
    """

    def __init__(self, asked: Asked, *, model: str, host: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.answers_first = False
        self._parser = asked.parser
        self._is_answer = asked.is_answer
        self._guessed: list[str] | None = [] if asked.guesses_thought else None
        self._has_thought = self._has_answered = False
        self._model, self._host = model, host
        self._clock = clock
        self._asked_s = clock()
        self._first_s = self._last_s = 0.0
        self._pieces = 0
        self._finish = ""
        self._usage: Mapping[str, Any] = {}

    def events(self, pieces: Iterator[Piece]) -> Iterator[Event]:
        """Yield the events of ``pieces`` until Done, an empty one where nothing came; closing this closes them."""
        latest: Event = Prefill(read=0, total=0)
        yield latest
        with closing(pieces):
            for piece in pieces:
                if isinstance(piece, Refused):
                    latest = Queued(position=0)
                found = self.push(piece) if isinstance(piece, dict) else []
                yield from found or [pulse(latest)]
                latest = found[-1] if found else latest
        yield from self.end()

    def push(self, piece: Mapping[str, Any]) -> Sequence[Event]:
        """Return the events that a piece brings."""
        self._usage = _mapping(piece.get("usage")) or self._usage
        progress = _mapping(piece.get("prompt_progress"))  # llama.cpp
        if progress and not self._pieces:
            return [Prefill(read=_count(progress, "processed"), total=_count(progress, "total"))]
        choices = piece.get("choices")
        if not isinstance(choices, list) or not choices:
            return []
        choice = _mapping(choices[0])
        self._finish = choice.get("finish_reason") or self._finish
        delta = _mapping(choice.get("delta"))
        thought = delta.get("reasoning_content") or delta.get("reasoning") or ""
        text = delta.get("content") or choice.get("text") or ""
        if thought or text:
            self._count()
        return [*(self._think(thought) if thought else ()), *(self._say(text) if text else ())]

    def end(self) -> list[Event]:
        """Return the events of what was held back, and Done. Raises EngineError if the reply is not whole."""
        if not self._finish:
            raise EngineError(f"The connection to {self._host} broke in the middle of the answer. Try again.")
        found = self._guess(self._parser.flush())
        if self._finish in _ENDED and self._guessed:  # a model that ends by itself has closed its thought before
            self.answers_first = True
            found = [*found, Answer(text="".join(self._guessed))]
        return [*found, Done(usage=self._figures())]

    def _count(self) -> None:
        self._last_s = self._clock()
        self._first_s = self._first_s or self._last_s
        self._pieces += 1

    def _think(self, text: str) -> list[Reasoning | Answer]:
        if self._is_answer:
            return self._say(text)
        if self._has_answered:
            return [Reasoning(text=text)]
        if not self._has_thought:
            self.answers_first = self._has_thought = True
            self._guessed = None
            self._parser = ReasoningParser(opens_in_reasoning=True)
        return self._parser.push(text)

    def _say(self, text: str) -> list[Reasoning | Answer]:
        ends_thought = self._has_thought and not self._has_answered
        self._has_answered = True
        return [*(self._parser.close() if ends_thought else ()), *self._guess(self._parser.push(text))]

    def _guess(self, events: list[Reasoning | Answer]) -> list[Reasoning | Answer]:
        """Keep what is only taken for a thought, until there is an answer after it."""
        if self._guessed is not None:
            thoughts = [event.text for event in events if isinstance(event, Reasoning)]
            self._guessed = [*self._guessed, *thoughts] if len(thoughts) == len(events) else None
        return events

    def _figures(self) -> Usage:
        """Return the server's own counts; one that gives none is taken to send a token a piece, as most do."""
        count = _count(self._usage, "completion_tokens") or self._pieces
        elapsed_s = self._last_s - self._first_s
        return Usage(
            model=self._model,
            prompt_tokens=_count(self._usage, "prompt_tokens"),
            cached_tokens=_cached(self._usage),
            generated_tokens=count,
            time_to_first_token_s=(self._first_s or self._clock()) - self._asked_s,
            tokens_per_second=(count - 1) / elapsed_s if count > 1 and elapsed_s > 0 else 0.0,
            finish_reason=_FINISH.get(self._finish, "error"),
        )


def _cached(usage: Mapping[str, Any]) -> int | None:
    """Return the prompt's tokens that the server remembered: OpenAI's word for it, or DeepSeek's; None: not told."""
    details = _mapping(usage.get("prompt_tokens_details"))
    for counts, name in ((details, "cached_tokens"), (usage, "prompt_cache_hit_tokens")):
        if isinstance(counts.get(name), int):
            return counts[name]
    return None


def _count(counts: Mapping[str, Any], name: str) -> int:
    found = counts.get(name)
    return found if isinstance(found, int) else 0


def _mapping(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}
