"""Follow one reply of a backend at the pace of a page. Knows no Gradio."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from deepseek_space.backends.base import HEARTBEAT_S, Backend
from deepseek_space.errors import SpaceError
from deepseek_space.events import Loading
from deepseek_space.types import Completion, Request, Sampling
from deepseek_space.ui.turns.stopwatch import Stopwatch
from deepseek_space.ui.turns.turn import Turn
from deepseek_space.ui.visitor import scope_of_visitor

UPDATE_S = 1 / 12  # quick enough to look steady; each update costs the server and the page some milliseconds
INTERNAL_ERROR = "Something went wrong inside the app; its log says what. Try again."

_log = logging.getLogger(__name__)

Clock = Callable[[], float]


def follow(
    backend: Backend,
    request: Request | Completion,
    turn: Turn,
    *,
    must_end: Callable[[], bool] = lambda: False,
    clock: Clock = time.monotonic,
) -> Iterator[Turn]:
    """Yield the turn as it grows: its first piece at once, then about every ``UPDATE_S``, and its end.

    Yields at least once per heartbeat, changed or not, so that closing this iterator closes the stream in time.
    An error ends the turn as failed and is not raised. Parameters that follow the model are known when there is one.
    """
    request = replace(request, scope=scope_of_visitor())
    turn = replace(turn, begun_tokens=backend.count_tokens(turn.reasoning + turn.answer))
    if turn.settings.follows:
        for waiting in _await_model(backend):
            turn = turn.hear(waiting, clock())
            if must_end():
                yield turn.end("stopped", clock())
                return
            yield turn
        turn = _with_recommended(turn, backend.status().sampling)
        request = replace(request, sampling=turn.settings.sampling)
    yield from _follow(backend, request, turn, must_end, clock)


def _await_model(backend: Backend) -> Iterator[Loading]:
    while (status := backend.status()).state == "loading":
        yield status.progress or Loading(stage="Starting")
        time.sleep(HEARTBEAT_S / 2)


def _with_recommended(turn: Turn, recommended: Sampling) -> Turn:
    settings = turn.settings
    sampling = replace(settings.sampling, **{name: getattr(recommended, name) for name in settings.follows})
    return replace(turn, settings=replace(settings, sampling=sampling, follows=()))


def _follow(
    backend: Backend, request: Request | Completion, turn: Turn, must_end: Callable[[], bool], clock: Clock
) -> Iterator[Turn]:
    shown, shown_s = turn, 0.0
    watch = Stopwatch(backend, turn, clock())
    try:
        stream = backend.stream(request)
        try:
            for event in stream:
                watch.hear(event, now_s := clock())
                turn = turn.hear(event, now_s)
                if must_end() and turn.state == "open":
                    turn = turn.end("stopped", now_s, usage=watch.usage(turn, "cancelled"))
                    break
                if _is_first_piece(shown, turn) or clock() - shown_s >= UPDATE_S:
                    shown = turn = _counted(turn, shown, backend)
                    shown_s = clock()
                    yield turn
        finally:
            stream.close()
    except SpaceError as error:
        turn = turn.end("failed", clock(), error=str(error), usage=watch.usage(turn, "error"))
    except Exception:
        _log.exception("A reply broke off.")
        turn = turn.end("failed", clock(), error=INTERNAL_ERROR, usage=watch.usage(turn, "error"))
    yield _counted(turn, shown, backend)


def _is_first_piece(shown: Turn, turn: Turn) -> bool:
    return (bool(turn.answer) and not shown.answer) or (bool(turn.reasoning) and not shown.reasoning)


def _counted(turn: Turn, before: Turn, backend: Backend) -> Turn:
    """Return the turn with the tokens of the thoughts that have come since ``before``."""
    news = turn.reasoning[len(before.reasoning) :]
    return replace(turn, reasoning_tokens=turn.reasoning_tokens + backend.count_tokens(news)) if news else turn
