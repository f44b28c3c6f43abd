"""How often a process that died is started again, and what those are told who waited for it. Knows no process."""

import signal
import time
from collections import deque
from collections.abc import Callable

from deepseek_space.errors import EngineStopped, LoadFailed
from deepseek_space.sentences import Sentence, joined

MOST_RESTARTS = 3
WITHIN_S = 600.0


class Restarts:
    """Counts them: ``MOST_RESTARTS`` in ``WITHIN_S``."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at_s: deque[float] = deque(maxlen=MOST_RESTARTS)

    @property
    def is_first_life(self) -> bool:
        """Whether nothing was started again so far."""
        return not self._at_s

    def take(self) -> bool:
        """Count one more, and return True; False where there were as many as there may be."""
        now_s = self._clock()
        if len(self._at_s) == MOST_RESTARTS and now_s - self._at_s[0] < WITHIN_S:
            return False
        self._at_s.append(now_s)
        return True


def how_it_ended(code: int) -> Sentence:
    """Return how a process ended whose exit code was ``code``, as ``subprocess`` has it."""
    if code == -signal.SIGKILL:
        return Sentence("it was killed, as the system does where memory runs out")
    if code < 0:
        return Sentence("it crashed: {signal}", signal=signal.strsignal(-code) or f"signal {-code}")
    return Sentence("it ended with code {code}", code=code)


def was_silent(seconds: float) -> Sentence:
    """Return how a process ended that was ended because it said nothing for so many ``seconds``."""
    return Sentence("it had not been heard of for {seconds:.0f} s", seconds=seconds)


def broken_off(how: str) -> EngineStopped:
    """Return what a reply ends with whose process ended."""
    return EngineStopped(
        "The model broke off here, because its process ended: {how}. It is being loaded again; "
        "go on with Continue, or send the message again.",
        how=how,
    )


def not_loaded(how: str) -> LoadFailed:
    """Return why a model does not answer whose process ended before it ever did."""
    return LoadFailed("The model could not be loaded, because its process ended: {how}.", how=how)


def stays_down(how: str) -> EngineStopped:
    """Return why a model is not loaded once more."""
    stays = Sentence(
        "It ended so {count} times in ten minutes and stays down: load it again, or another.", count=MOST_RESTARTS + 1
    )
    return EngineStopped(joined(Sentence("The model's process ended: {how}.", how=how), stays))


STARTED_AGAIN = Sentence("The model's process ended and is being started again.")
CHANGED = Sentence("The model is being changed or the app is shutting down. Send the message again.")
CUT_OFF = Sentence("The answer was cut off: the model was changed or the app shut down.")
