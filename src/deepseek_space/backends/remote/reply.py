"""Pieces of one reply as OpenAI-like servers stream them, in; events out, and what it cost.

Knows no connection and no kind of server: thoughts come as ``reasoning_content`` or ``reasoning``, or among the text.
"""

import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any, Literal

from deepseek_space.backends.heartbeat import pulse
from deepseek_space.backends.remote.connection import Ended, Piece, Refused
from deepseek_space.backends.remote.dialect import Asked
from deepseek_space.backends.remote.scores import StreamedScores
from deepseek_space.backends.remote.tools import StreamedCalls
from deepseek_space.errors import EngineError, FieldRefused
from deepseek_space.events import Answer, Done, Event, EventStream, FinishReason, Prefill, Queued, Resorted, Usage
from deepseek_space.text.stop_strings import StopStrings
from deepseek_space.text.valid_text import HalfCharacters

# What is not here (a filter of contents, a server that gave up) is an error.
_FINISH: dict[str, FinishReason] = {
    "stop": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "stop_sequence": "stop",
    "tool_calls": "stop",  # which it is only where calls have come
    "function_call": "stop",
    "length": "length",
    "max_tokens": "length",
}
_STOPPED = "stop"


class RemoteReply:
    """Reads the reply to ``asked`` from ``model`` at ``host``, up to the first stop string of its answer.

    ``has_field`` says afterwards that the server has a field for thoughts.
    """

    def __init__(self, asked: Asked, *, model: str, host: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._sorter = asked.sorter
        self._is_answer = asked.is_answer
        self._stop = StopStrings(asked.stop)
        self._calls = StreamedCalls()
        self._scores = None if asked.top_logprobs is None else StreamedScores(host, top=asked.top_logprobs)
        self._opens_with, self._is_forced = asked.opens_with, asked.is_forced
        self._halves = {"thought": HalfCharacters(), "text": HalfCharacters()}
        self._model, self._host = model, host
        self._clock = clock
        self._asked_s = clock()
        self._first_s = self._last_s = 0.0
        self._pieces = 0
        self._finish = ""
        self._usage: Mapping[str, Any] = {}

    @property
    def has_field(self) -> bool:
        """Whether thoughts have come in a field of their own."""
        return self._sorter.has_field

    def events(self, pieces: Generator[Piece, None, None]) -> EventStream:
        """Yield the events of ``pieces`` until Done, an empty one where nothing came; closing this closes them."""
        latest: Event = Prefill(read=0, total=0)
        yield latest
        with closing(pieces):
            for piece in pieces:
                if isinstance(piece, Refused):
                    latest = Queued(position=0)
                found = self.push(piece) if isinstance(piece, dict | Ended) else []
                yield from found or [pulse(latest)]
                latest = found[-1] if found else latest
                if self._stop.is_met:
                    break
        yield from self.end()

    def push(self, piece: Mapping[str, Any] | Ended) -> Sequence[Event]:
        """Return the events that a piece brings."""
        if isinstance(piece, Ended):  # some servers give no reason with it
            self._finish = self._finish or _STOPPED
            return []
        self._usage = _mapping(piece.get("usage")) or _timed(_mapping(piece.get("timings"))) or self._usage
        progress = _progress(_mapping(piece.get("prompt_progress")))
        choices = piece.get("choices")
        choice = _mapping(choices[0]) if isinstance(choices, list) and choices else {}
        finish = choice.get("finish_reason")
        self._finish = finish if isinstance(finish, str) and finish else self._finish
        thought, text = _texts(choice)
        calls = self._calls.push(_mapping(choice.get("delta")).get("tool_calls"))
        if (thought or text or calls) and not progress:  # what comes with progress is the template's own beginning
            self._count()
        if self._scores and not progress:
            self._scores.push(choice.get("logprobs"), thought + text)
        events = [*self._read("thought", thought, final=bool(text)), *self._read("text", text)]
        return [*(progress if not self._pieces else ()), *self._told(events), *calls]

    def end(self) -> list[Event]:
        """Return the events of what was held back, and Done. Raises EngineError if the reply is not whole."""
        if self._stop.is_met:
            return [Done(usage=self._figures(_STOPPED))]
        if not self._finish:
            raise EngineError("The connection to {host} broke in the middle of the answer. Try again.", host=self._host)
        reason = _FINISH.get(self._finish, "error")
        rest = [*self._read("thought", "", final=True), *self._read("text", "", final=True)]
        events = [*rest, *self._sorter.end(by_itself=reason == "stop")]
        if self._is_forced and reason == "stop" and not self._calls:
            raise FieldRefused("tool_choice", f"{self._host} ended the reply without a call. Give auto.")
        reason = "tool_calls" if reason == "stop" and self._calls else reason
        return [*self._told(events, final=True), Done(usage=self._figures(reason))]

    def _told(self, events: Iterable[Event], *, final: bool = False) -> list[Event]:
        """Return ``events`` up to a stop string, with what is known of their tokens."""
        cut = list(self._stop.cut(map(self._timed, events), final=final))
        for event in cut if self._opens_with else ():
            if isinstance(event, Answer) and (text := event.text.lstrip()):
                if not text.startswith(self._opens_with):
                    said = f"{self._host} does not hold the answer to it. Ask for it in the message instead."
                    raise FieldRefused("response_format", said)
                self._opens_with = ""
        return list(self._scores.told(cut)) if self._scores else cut

    def _count(self) -> None:
        self._last_s = self._clock()
        self._first_s = self._first_s or self._last_s
        self._pieces += 1

    def _read(self, channel: Literal["thought", "text"], text: str, *, final: bool = False) -> list[Event]:
        halves = self._halves[channel]
        if not (text := halves.push(text) + (halves.flush() if final else "")):
            return []
        is_thought = channel == "thought" and not self._is_answer
        return list(self._sorter.think(text) if is_thought else self._sorter.say(text))

    def _timed(self, event: Event) -> Event:
        return replace(event, thinking_s=self._last_s - self._first_s) if isinstance(event, Resorted) else event

    def _figures(self, reason: FinishReason) -> Usage:
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
            finish_reason=reason,
            reasoning_tokens=_reasoning(self._usage),
        )


def _texts(choice: Mapping[str, Any]) -> tuple[str, str]:
    """Return what a piece holds of the thought and of the answer; some servers send either as a list of parts."""
    delta = _mapping(choice.get("delta"))
    thought = _plain(delta.get("reasoning_content")) or _plain(delta.get("reasoning"))
    content = delta.get("content") or choice.get("text")
    if not isinstance(content, list):
        return thought, _plain(content)
    parts = [part for part in content if isinstance(part, Mapping)]
    thoughts = [_plain(part.get("thinking")) for part in parts]
    return thought + "".join(thoughts), "".join(_plain(part.get("text")) for part in parts)


def _plain(value: object) -> str:
    if isinstance(value, list):
        return "".join(_plain(part.get("text")) for part in value if isinstance(part, Mapping))
    return value if isinstance(value, str) else ""


def _progress(told: Mapping[str, Any]) -> list[Event]:
    """Return how far llama.cpp has read."""
    return [Prefill(read=_count(told, "processed"), total=_count(told, "total"))] if told else []


def _timed(timings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return llama.cpp's running figures as those that come at the end."""
    if not timings:
        return {}
    cached = _count(timings, "cache_n")
    return {
        "prompt_tokens": cached + _count(timings, "prompt_n"),
        "completion_tokens": _count(timings, "predicted_n"),
        "prompt_tokens_details": {"cached_tokens": cached},
    }


def _cached(usage: Mapping[str, Any]) -> int | None:
    """Return the prompt's tokens that the server remembered: OpenAI's word for it, or DeepSeek's; None: not told."""
    details = _mapping(usage.get("prompt_tokens_details"))
    for counts, name in ((details, "cached_tokens"), (usage, "prompt_cache_hit_tokens")):
        if isinstance(counts.get(name), int):
            return counts[name]
    return None


def _reasoning(usage: Mapping[str, Any]) -> int | None:
    found = _mapping(usage.get("completion_tokens_details")).get("reasoning_tokens")
    return found if isinstance(found, int) else None


def _count(counts: Mapping[str, Any], name: str) -> int:
    found = counts.get(name)
    return found if isinstance(found, int) else 0


def _mapping(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, Mapping) else {}
