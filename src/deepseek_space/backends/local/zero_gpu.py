"""The local model on ZeroGPU, where a graphics card is lent for the length of one call.

The call runs in a forked process: request and events are pickled on the way, no thread of ours may serve it, and
nothing it does is sure to outlive it, kept prefixes included. What the card costs is counted by visitor and day, by the
seconds that a call asks for. Import this before torch: ``spaces`` replaces parts of it, on the importing thread alone.
"""

import os
import re
import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from typing import Literal

import spaces

from deepseek_space.backends.local.backend import LocalBackend
from deepseek_space.errors import EngineError, EngineStopped, NoCard, SpaceError, first_line
from deepseek_space.events import Done, Event, EventStream, Queued
from deepseek_space.sentences import Sentence, joined
from deepseek_space.status import Status
from deepseek_space.types import Completion, Request

CardSize = Literal["large", "xlarge"]

# Slower than any model that is fit for a lent card, so that a short reply is not cut off.
SLOWEST_TOKENS_PER_SECOND = 25
START_S = 15  # the weights come onto the card, the prompt is read
END_S = 2.0  # between the end by our own clock and by the platform's

_LINK = re.compile(r"\[([^\]]+)\]\((\S+)\)")
_ADVICE = {
    "ZeroGPU quota exceeded": Sentence("Sign in to Hugging Face, allow fewer new tokens, or come back later."),
    "ZeroGPU illegal duration": Sentence("Allow fewer new tokens; the operator can lower --gpu-seconds."),
    "ZeroGPU pending credits exceeded": Sentence("Wait until your other replies have ended."),
}
_TRY_AGAIN = Sentence("Send the message again in a minute.")


def card_bytes(size: CardSize) -> int:
    """Return the memory of the card that is lent: half of the platform's card, or for "xlarge" all of it."""
    from spaces.zero.config import get_config

    config = get_config()
    # Where the platform has no second size, what it calls the memory is that of the one there is.
    return config["memory"] // 2 if size == "large" and config["xlarge_threshold"] else config["memory"]


def announce() -> None:
    """Define a function that wants a card, where no reply does: the platform refuses a Space that has none."""
    spaces.GPU(_nothing)


def _nothing() -> None:
    pass


def load(backend: LocalBackend) -> None:
    """Load the model of ``backend`` in this thread, which has to be the one that imported this module.

    The platform pretends on no other that there is a card, and what is not on it when the page opens never gets there.
    """
    os.environ.setdefault("HF_DEACTIVATE_ASYNC_LOAD", "1")  # or transformers reads the weights in threads of its own
    backend.load_first()


class ZeroGPUBackend:
    """``inner``, whose model was loaded before the page opened, with each reply made on a lent card.

    A reply asks for the card for ``longest_s`` at most, and ends by itself before that time is up.
    """

    def __init__(self, inner: LocalBackend, *, longest_s: int, size: CardSize = "large") -> None:
        self._inner = inner
        self._longest_s = longest_s
        self._forked_s: float | None = None
        os.register_at_fork(after_in_child=self._note_fork)
        self._reply = spaces.GPU(self._on_card, duration=self.duration_s, size=size)

    def duration_s(self, request: Request | Completion) -> int:
        """Return for how many seconds to ask for the card."""
        return min(self._longest_s, START_S + request.sampling.max_new_tokens // SLOWEST_TOKENS_PER_SECOND)

    def start(self) -> None:
        """Do nothing: what is loaded later would not be on the card."""

    def stream(self, request: Request | Completion) -> EventStream:
        """Yield the reply's events; see ``Backend.stream``. Closing takes effect at the next event.

        Raises NoCard where the platform lends none, in its own words.
        """
        self._inner.check(request)  # an error on the card would cost the visitor's time
        yield Queued(position=0)
        with closing(self._reply(request)) as events:
            try:
                for event in events:
                    if isinstance(event, SpaceError):
                        raise event
                    yield event
            except SpaceError:
                raise
            except Exception as error:
                raise _as_space_error(error) from error

    def status(self) -> Status:
        """Return what answers now, and for how long at a time. Nothing is counted where the replies are made."""
        status = self._inner.status()
        limit = Sentence(
            "A reply has the graphics card for {seconds} seconds at most; Continue goes on from there.",
            seconds=self._longest_s,
        )
        return replace(status, warnings=(*status.warnings, limit), figures=None)

    def count_tokens(self, text: str) -> int:
        """Return how many tokens ``text`` is; needs no card."""
        return self._inner.count_tokens(text)

    def close(self) -> None:
        """End everything."""
        self._inner.close()

    def _note_fork(self) -> None:
        self._forked_s = time.monotonic()

    def _on_card(self, request: Request | Completion) -> Generator[Event | SpaceError, None, None]:
        """Yield the events, in the process that holds the card; an error of ours comes last, as a value.

        What is raised there would reach the reader as the name of its class.
        """
        # The first reply of a process has waited for the weights; one that comes to a process that is kept has not.
        begun_s, self._forked_s = self._forked_s or time.monotonic(), None
        duration_s = self.duration_s(request)
        try:
            with closing(self._inner.stream(request, until_s=begun_s + duration_s - END_S)) as events:
                for event in events:
                    _check_begun(event, duration_s)
                    yield event
        except SpaceError as error:
            yield error


def _check_begun(event: Event, duration_s: int) -> None:
    if isinstance(event, Done) and event.usage.finish_reason == "time" and not event.usage.generated_tokens:
        raise EngineError(
            "The {seconds} seconds on the graphics card were over before the first word. Shorten the "
            "message, or start a new chat.",
            seconds=duration_s,
        )


def _as_space_error(error: Exception) -> SpaceError:
    """Return what ``spaces`` raised, a ``gradio.Error`` as a rule, in its own words and with what can be done."""
    title = getattr(error, "title", "")
    words = _LINK.sub(r"\1 (\2)", str(getattr(error, "message", "")) or first_line(error)).strip().removesuffix(".")
    if title == "ZeroGPU worker error":
        return EngineStopped(
            "ZeroGPU ended the reply: {words}. Go on with Continue, or send the message again.", words=words
        )
    lends_none = Sentence("ZeroGPU lends no graphics card now: {words}.", words=words)
    return NoCard(joined(lends_none, _ADVICE.get(title, _TRY_AGAIN)))
