"""Follow one reply of a backend at the pace of a page. Knows no Gradio."""

import logging
import secrets
import time
from collections.abc import Callable, Generator
from dataclasses import replace

from deepseek_space.backends.base import Backend
from deepseek_space.backends.heartbeat import while_loading
from deepseek_space.chat.turns.turn import Turn
from deepseek_space.errors import SpaceError
from deepseek_space.events import Answer, Event, FinishReason, Loading, Prefill, Reasoning, Usage
from deepseek_space.sentences import Sentence
from deepseek_space.types import Completion, Request, Sampling

UPDATE_S = 1 / 12  # quick enough to look steady; each update costs the server and the page some milliseconds
INTERNAL_ERROR = Sentence("Something went wrong inside the app; its log says what. Try again.")

_log = logging.getLogger(__name__)

Clock = Callable[[], float]


def stream_turns(
    backend: Backend,
    request: Request | Completion,
    turn: Turn,
    *,
    must_end: Callable[[], bool] = lambda: False,
    clock: Clock = time.monotonic,
) -> Generator[Turn, None, None]:
    """Yield the turn as it grows: its first piece at once, then about every ``UPDATE_S``, and its end.

    Yields at least once per heartbeat, changed or not, so that closing this iterator closes the stream in time.
    An error ends the turn as failed and is not raised. Parameters that follow the model are known when there is one.
    A request of no scope is nobody's: nothing that was read for another is used for it.
    """
    request = request if request.scope else replace(request, scope=secrets.token_hex())
    turn = replace(turn, begun_tokens=backend.count_tokens(turn.reasoning + turn.answer))
    if turn.settings.follows:
        for status in while_loading(backend):
            turn = turn.apply(status.progress or Loading(stage="Starting"), clock())
            if must_end():
                yield turn.end("stopped", clock())
                return
            yield turn
        turn = _with_recommended(turn, backend.status().sampling)
        request = replace(request, sampling=turn.settings.sampling)
    yield from _stream(backend, request, turn, must_end, clock)


def _with_recommended(turn: Turn, recommended: Sampling) -> Turn:
    settings = turn.settings
    sampling = replace(settings.sampling, **{name: getattr(recommended, name) for name in settings.follows})
    return replace(turn, settings=replace(settings, sampling=sampling, follows=()))


def _stream(
    backend: Backend, request: Request | Completion, turn: Turn, must_end: Callable[[], bool], clock: Clock
) -> Generator[Turn, None, None]:
    shown, shown_s = turn, 0.0
    meter = UsageMeter(backend, turn, clock())
    try:
        stream = backend.stream(request)
        try:
            for event in stream:
                meter.record(event, now_s := clock())
                turn = turn.apply(event, now_s)
                if must_end() and turn.state == "open":
                    turn = turn.end("stopped", now_s, usage=meter.usage(turn, "cancelled"))
                    break
                if _is_first_piece(shown, turn) or clock() - shown_s >= UPDATE_S:
                    shown = turn = _counted(turn, shown, backend)
                    shown_s = clock()
                    yield turn
        finally:
            stream.close()
    except SpaceError as error:
        turn = turn.end("failed", clock(), error=error.sentence, usage=meter.usage(turn, "error"))
    except Exception:
        _log.exception("A reply broke off.")
        turn = turn.end("failed", clock(), error=INTERNAL_ERROR, usage=meter.usage(turn, "error"))
    yield _counted(turn, shown, backend)


def _is_first_piece(shown: Turn, turn: Turn) -> bool:
    return (bool(turn.answer) and not shown.answer) or (bool(turn.reasoning) and not shown.reasoning)


def _counted(turn: Turn, before: Turn, backend: Backend) -> Turn:
    """Return the turn with the tokens of the thoughts that have come since ``before``."""
    news = turn.reasoning[len(before.reasoning) :]
    return replace(turn, reasoning_tokens=turn.reasoning_tokens + backend.count_tokens(news)) if news else turn


class UsageMeter:
    """Listens to the events of the stream that goes on with ``turn``; all moments are of one steady clock."""

    def __init__(self, backend: Backend, turn: Turn, now_s: float) -> None:
        self._backend = backend
        self._begun = turn
        self._asked_s = now_s
        self._first_s: float | None = None
        self._last_s = now_s
        self._prompt_tokens = 0
        self._model = ""

    def record(self, event: Event, now_s: float) -> None:
        """Take in one more event."""
        match event:
            case Loading():  # it is not asked before it is there
                self._asked_s = now_s
            case Prefill(total=total):
                self._prompt_tokens = total
            case Reasoning(text=text) | Answer(text=text) if text:
                if self._first_s is None:
                    self._first_s, self._model = now_s, self._backend.status().model
                self._last_s = now_s

    def usage(self, turn: Turn, reason: FinishReason) -> Usage | None:
        """Return the figures of what has come, for ``turn`` as it is at the end; None if nothing has.

        Tokens are those of its text. How much of the prompt was remembered is not known.
        """
        if self._first_s is None:
            return None
        begun, count = self._begun, self._backend.count_tokens
        news = count(turn.reasoning[len(begun.reasoning) :]) + count(turn.answer[len(begun.answer) :])
        elapsed_s = self._last_s - self._first_s
        return Usage(
            model=self._model,
            prompt_tokens=self._prompt_tokens,
            cached_tokens=None,
            generated_tokens=begun.begun_tokens + news,
            time_to_first_token_s=self._first_s - self._asked_s,
            tokens_per_second=(news - 1) / elapsed_s if news > 1 and elapsed_s > 0 else 0.0,
            finish_reason=reason,
        )
