"""The figures of a reply that does not come to its end, as whoever reads it can take them. Knows no page.

A reply that ends by itself brings figures of its own. One that is stopped or breaks off brings none: closing a stream
is what stops it, and a closed stream says nothing more.
"""

from deepseek_space.backends.base import Backend
from deepseek_space.events import Answer, Event, FinishReason, Loading, Prefill, Reasoning, Usage
from deepseek_space.ui.turns.turn import Turn


class Stopwatch:
    """Listens to the events of the stream that goes on with ``turn``; all moments are of one steady clock."""

    def __init__(self, backend: Backend, turn: Turn, now_s: float) -> None:
        self._backend = backend
        self._begun = turn
        self._asked_s = now_s
        self._first_s: float | None = None
        self._last_s = now_s
        self._prompt_tokens = 0
        self._model = ""

    def hear(self, event: Event, now_s: float) -> None:
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
