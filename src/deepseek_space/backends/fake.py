"""A backend that plays scripted replies: for ``--model fake`` and for tests. Knows no model, no page, no torch."""

import re
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence

from deepseek_space.backends.base import HEARTBEAT_S
from deepseek_space.backends.script import SCENES, Scene
from deepseek_space.errors import EngineError, EngineStopped
from deepseek_space.types import Answer, Done, Event, FinishReason, Loading, Prefill, Reasoning, Request, Status, Usage

MODEL = "fake"
NOTE = "Scripted replies, no model: for trying out the page."
_LOAD_BYTES = 98_362_432


class FakeBackend:
    """Plays the first scene whose cue is in the last message, word by word; a word counts as a token.

    ``delay_s`` passes before each word, ``loading_s`` before the first reply.
    ``requests`` holds the latest requests and ``closed_early`` counts the streams that their readers left.
    """

    def __init__(self, script: Sequence[Scene] = SCENES, *, delay_s: float = 0.02, loading_s: float = 0.0) -> None:
        self.requests: deque[Request] = deque(maxlen=100)
        self.closed_early = 0
        self._script = tuple(script)
        self._delay_s = delay_s
        self._loading_s = loading_s
        self._started_s = time.monotonic()
        self._lock = threading.Lock()
        self._active = 0
        self._shut = threading.Event()

    def start(self) -> None:
        """Let ``loading_s`` begin to pass."""
        self._started_s = time.monotonic()

    def status(self) -> Status:
        """Return what answers now: the script, and how many streams are open."""
        progress = self._progress()
        return Status(
            state="loading" if progress else "ready",
            model=MODEL,
            note=NOTE,
            precision="none",
            device="cpu",
            context_tokens=131_072,
            progress=progress,
            active_requests=self._active,
        )

    def close(self) -> None:
        """End all streams at their next event with EngineStopped."""
        self._shut.set()

    def stream(self, request: Request) -> Iterator[Event]:
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

    def _play(self, request: Request) -> Iterator[Event]:
        started_s = time.monotonic()
        while progress := self._progress():
            yield progress
            self._wait(HEARTBEAT_S / 2)
        prompt_tokens = sum(len(_words(message.content)) for message in request.messages)
        yield Prefill(read=0, total=prompt_tokens)
        yield Prefill(read=prompt_tokens, total=prompt_tokens)
        scene = self._choose(request.messages[-1].content)
        budget = request.sampling.max_new_tokens
        thoughts = [] if request.thinking is False else _words(scene.reasoning)[:budget]
        words = _words(_until_stop(scene.answer, request.sampling.stop))[: budget - len(thoughts)]
        first_s = 0.0
        for kind, text in [(Reasoning, word) for word in thoughts] + [(Answer, word) for word in words]:
            yield from self._silence(kind)
            first_s = first_s or time.monotonic()
            yield kind(text=text)
        if scene.breaks_off:
            raise EngineError(scene.breaks_off)
        count = len(thoughts) + len(words)
        now_s, first_s = time.monotonic(), first_s or time.monotonic()
        yield Done(
            usage=Usage(
                model=MODEL,
                prompt_tokens=prompt_tokens,
                cached_tokens=0,
                generated_tokens=count,
                time_to_first_token_s=first_s - started_s,
                tokens_per_second=(count - 1) / (now_s - first_s) if count > 1 and now_s > first_s else 0.0,
                finish_reason=_finish_reason(count, budget),
            )
        )

    def _silence(self, kind: type[Reasoning] | type[Answer]) -> Iterator[Event]:
        """Let ``delay_s`` pass, with an empty piece per heartbeat, so that a reader who leaves is noticed."""
        left_s = self._delay_s
        while left_s > HEARTBEAT_S:
            self._wait(HEARTBEAT_S)
            left_s -= HEARTBEAT_S
            yield kind(text="")
        self._wait(left_s)

    def _wait(self, seconds: float) -> None:
        if self._shut.wait(seconds):
            raise EngineStopped("The app is shutting down; reload the page in a moment.")

    def _progress(self) -> Loading | None:
        passed_s = time.monotonic() - self._started_s
        if passed_s >= self._loading_s:
            return None
        return Loading(
            stage="Reading the script", done=int(_LOAD_BYTES * passed_s / self._loading_s), total=_LOAD_BYTES
        )

    def _choose(self, message: str) -> Scene:
        text = message.lower()
        return next((scene for scene in self._script if scene.cue in text), self._script[-1])


def _words(text: str) -> list[str]:
    return re.findall(r"\s*\S+\s*$|\s*\S+", text)


def _until_stop(text: str, stop: Sequence[str]) -> str:
    return text[: min((text.index(word) for word in stop if word in text), default=len(text))]


def _finish_reason(count: int, budget: int) -> FinishReason:
    return "length" if count >= budget else "stop"
