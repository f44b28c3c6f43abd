"""A backend that plays scripted replies: for ``--model fake`` and for tests. Knows no model, no page, no torch."""

import re
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace

from deepseek_space.backends.heartbeat import beats
from deepseek_space.backends.scripted.model_host import BASE_TITLE, CHOICES, ScriptedModelHost
from deepseek_space.backends.scripted.script import BEGINNING, GAP, SCENES, Scene
from deepseek_space.errors import EngineError, EngineStopped, Unsupported
from deepseek_space.events import (
    Answer,
    Done,
    Event,
    EventStream,
    FinishReason,
    Loading,
    Prefill,
    Reasoning,
    ToolArguments,
    ToolCallBegun,
    Usage,
)
from deepseek_space.status import Choice, Quantisation, Status
from deepseek_space.text.templates import BASE_MODEL
from deepseek_space.types import Begun, Completion, Request

CHINESE = "\u3001-\u9fff\uff01-\uffee"


class ScriptedBackend:
    """Plays the first scene whose cue is in the last message, word by word; a word counts as a token.

    Of a reply that was begun it plays the rest, thoughts end at their budget, and a completion has a scene of its own.
    ``delay_s`` passes before each word, ``loading_s`` before the first reply, ``change_s`` until another model of
    ``choices`` answers, with the same script.
    ``requests`` holds the latest requests and ``closed_early`` counts the streams that their readers left.
    """

    def __init__(
        self,
        script: Sequence[Scene] = SCENES,
        *,
        delay_s: float = 0.02,
        loading_s: float = 0.0,
        change_s: float = 12.0,
        choices: Sequence[Choice] = CHOICES,
        is_pinned: bool = False,
    ) -> None:
        self.requests: deque[Request | Completion] = deque(maxlen=100)
        self.closed_early = 0
        self._script = tuple(script)
        self._delay_s = delay_s
        self._host = ScriptedModelHost(choices, first_s=loading_s, change_s=change_s, is_pinned=is_pinned)
        self._lock = threading.Lock()
        self._active = 0
        self._shut = threading.Event()

    def start(self) -> None:
        """Let ``loading_s`` begin to pass."""
        self._host.start()

    def status(self) -> Status:
        """Return what answers now, and how many streams are open."""
        status = self._host.status()
        is_base = status.model == BASE_TITLE
        return replace(
            status,
            active_requests=self._active,
            can_think=not is_base,
            can_choose_thinking=not is_base,
            thinks_by_default=not is_base,
            can_chat=not is_base,
            can_infill=is_base,
            writes_edits=not is_base,
            tool_format="none" if is_base else "v4",
        )

    def count_tokens(self, text: str) -> int:
        """Return how many words ``text`` has."""
        return len(_words(text))

    def choices(self) -> tuple[Choice, ...]:
        """Return what the script has; see ``ModelHost``."""
        return self._host.choices

    def quantisations(self, model: str) -> tuple[Quantisation, ...]:
        """Return none: the script has no GGUF."""
        return ()

    def fit(self, model: str, *, precision: str = "auto") -> str:
        """Return what the script says of it; see ``ModelHost``."""
        return self._host.find(model).reason

    def load(self, model: str, *, precision: str = "auto") -> None:
        """Begin to change to ``model``; see ``ModelHost``."""
        self._host.load(model, precision)

    def cancel_load(self) -> None:
        """Stay with what answers now."""
        self._host.cancel_load()

    def unload(self) -> None:
        """Put the model away, at once."""
        self._host.unload()

    def close(self) -> None:
        """End all streams at their next event with EngineStopped."""
        self._shut.set()

    def stream(self, request: Request | Completion) -> EventStream:
        """Yield the events of the scene that fits; raises EngineError where the script says so."""
        with self._lock:
            self.requests.append(request)
            self._active += 1
        try:
            yield from self._play(request)
        except GeneratorExit:
            with self._lock:
                self.closed_early += 1
            raise
        finally:
            with self._lock:
                self._active -= 1

    def _play(self, request: Request | Completion) -> EventStream:
        started_s = time.monotonic()
        for _ in beats(self._await_model):
            yield self._host.status().progress or Loading(stage="Starting")
        model = self._host.status().model
        if isinstance(request, Request) and model == BASE_TITLE:
            raise Unsupported(BASE_MODEL)
        prompt_tokens = len(_words(_prompt_text(request)))
        yield Prefill(read=0, total=prompt_tokens)
        yield Prefill(read=prompt_tokens, total=prompt_tokens)
        scene = self._choose(request)
        pieces = [*_thoughts(scene, request), *_answer(scene, request), *_calls(scene, request)]
        count = min(len(pieces), request.sampling.max_new_tokens)
        first_s = 0.0
        for piece in pieces[:count]:
            yield from self._silence(Reasoning if isinstance(piece, Reasoning) else Answer)
            first_s = first_s or time.monotonic()
            yield piece
        if scene.breaks_off:
            raise EngineError(scene.breaks_off)
        now_s, first_s = time.monotonic(), first_s or time.monotonic()
        yield Done(
            usage=Usage(
                model=model,
                prompt_tokens=prompt_tokens,
                cached_tokens=0,
                generated_tokens=count,
                time_to_first_token_s=first_s - started_s,
                tokens_per_second=(count - 1) / (now_s - first_s) if count > 1 and now_s > first_s else 0.0,
                finish_reason="length" if count < len(pieces) else _end(pieces),
                reasoning_tokens=sum(isinstance(piece, Reasoning) for piece in pieces[:count]),
            )
        )

    def _silence(self, kind: type[Reasoning] | type[Answer]) -> Iterator[Event]:
        """Let ``delay_s`` pass, with an empty piece per heartbeat, so that a reader who leaves is noticed."""
        ends_s = time.monotonic() + self._delay_s
        for _ in beats(lambda most_s: self._await_moment(ends_s, most_s)):
            yield kind(text="")

    def _await_model(self, most_s: float) -> bool:
        if not self._host.answering():
            self._wait(most_s)
        return self._host.answering()

    def _await_moment(self, moment_s: float, most_s: float) -> bool:
        left_s = max(0.0, moment_s - time.monotonic())
        self._wait(min(left_s, most_s))
        return left_s <= most_s

    def _wait(self, seconds: float) -> None:
        if self._shut.wait(seconds):
            raise EngineStopped("The app is shutting down; reload the page in a moment.")

    def _choose(self, request: Request | Completion) -> Scene:
        if isinstance(request, Completion):
            return GAP if request.suffix.strip() else BEGINNING
        text = request.messages[-1].content.lower()
        return next((scene for scene in self._script if scene.cue in text), self._script[-1])


def _prompt_text(request: Request | Completion) -> str:
    if isinstance(request, Completion):
        return f"{request.prefix} {request.suffix}"
    begun = request.begun or Begun()
    return " ".join([*(message.content for message in request.messages), begun.reasoning, begun.answer])


def _thoughts(scene: Scene, request: Request | Completion) -> list[Reasoning]:
    """Return what is still to be thought: after what was begun, and within the budget."""
    if isinstance(request, Completion) or request.thinking is False:
        return []
    begun = request.begun or Begun(is_thinking=True)
    words = _words(scene.reasoning.removeprefix(begun.reasoning)) if begun.is_thinking else []
    if request.thinking_budget is not None:
        words = words[: max(0, request.thinking_budget - len(_words(begun.reasoning)))]
    return [Reasoning(text=word) for word in words]


def _answer(scene: Scene, request: Request | Completion) -> list[Answer]:
    begun = isinstance(request, Request) and request.begun
    said = _until_stop(scene.answer, request.sampling.stop).removeprefix(begun.answer if begun else "")
    return [Answer(text=word) for word in _words(said)]


def _calls(scene: Scene, request: Request | Completion) -> Iterator[ToolCallBegun | ToolArguments]:
    if isinstance(request, Completion) or not request.tools:
        return
    names = request.forced_tools or tuple(tool.name for tool in request.tools)
    for index, arguments in enumerate(scene.calls[:1] if request.calls_once else scene.calls):
        yield ToolCallBegun(index=index, name=names[0])
        for word in _words(arguments):
            yield ToolArguments(index=index, text=word)


def _end(pieces: Sequence[Event]) -> FinishReason:
    return "tool_calls" if any(isinstance(piece, ToolCallBegun) for piece in pieces) else "stop"


def _words(text: str) -> list[str]:
    """Return ``text`` in words, each with the blanks before it; a Chinese character is a word."""
    return re.findall(rf"\s*(?:[{CHINESE}]|[^\s{CHINESE}]+)(?:\s+$)?", text)


def _until_stop(text: str, stop: Sequence[str]) -> str:
    return text[: min((text.index(word) for word in stop if word in text), default=len(text))]
