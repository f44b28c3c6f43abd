"""Follow one reply of a backend at the pace of a page. Knows no Gradio."""

import logging
import time
from collections.abc import Callable, Iterator

from deepseek_space.backends.base import Backend
from deepseek_space.errors import SpaceError
from deepseek_space.types import Request
from deepseek_space.ui.turn import Turn

UPDATE_S = 1 / 12  # quick enough to look steady; each update costs the server and the page some milliseconds
INTERNAL_ERROR = "Something went wrong inside the app; its log says what. Try again."

_log = logging.getLogger(__name__)


def follow(
    backend: Backend,
    request: Request,
    turn: Turn,
    *,
    must_end: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Turn]:
    """Yield the turn as it grows: its first piece at once, then about every ``UPDATE_S``, and its end.

    Yields at least once per heartbeat, changed or not, so that closing this iterator closes the stream in time.
    An error ends the turn as failed and is not raised.
    """
    shown, shown_s = turn, 0.0
    try:
        stream = backend.stream(request)
        try:
            for event in stream:
                turn = turn.hear(event, clock())
                if must_end():
                    turn = turn.end("stopped", clock())
                    break
                if _is_first_piece(shown, turn) or clock() - shown_s >= UPDATE_S:
                    shown, shown_s = turn, clock()
                    yield turn
        finally:
            stream.close()
    except SpaceError as error:
        turn = turn.end("failed", clock(), error=str(error))
    except Exception:
        _log.exception("A reply broke off.")
        turn = turn.end("failed", clock(), error=INTERNAL_ERROR)
    yield turn


def _is_first_piece(shown: Turn, turn: Turn) -> bool:
    return (bool(turn.answer) and not shown.answer) or (bool(turn.reasoning) and not shown.reasoning)
