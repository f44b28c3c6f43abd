"""What is filled in at a cursor, on its way to an editor. Knows no route and no backend."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from deepseek_space.api.infill.body import InfillBody
from deepseek_space.api.infill.format import chosen, infill_json, piece_json
from deepseek_space.api.infill.text import InfillText
from deepseek_space.api.wire.errors import error_json
from deepseek_space.api.wire.telling import KEEP_ALIVE, line
from deepseek_space.errors import SpaceError
from deepseek_space.events import Answer, Done, Event, Prefill, Usage


class Filled:
    """What is filled in, as it comes; it may end before the model does."""

    keep_alive = KEEP_ALIVE

    def __init__(self, body: InfillBody, *, model: str) -> None:
        self.has_ended = False
        self._text = InfillText(indent=body.n_indent, longest_s=body.t_max_predict_ms / 1000)
        self._names = body.response_fields
        self._says_nothing = body.n_predict == 0
        self._num_pieces = 0
        self._usage = Usage(
            model=model,
            prompt_tokens=0,
            cached_tokens=0,
            generated_tokens=0,
            time_to_first_token_s=0.0,
            tokens_per_second=0.0,
            finish_reason="length",
        )

    def opening(self) -> Iterable[str]:
        """Return nothing: the first piece is the first line."""
        return []

    def take(self, item: Event) -> Sequence[str]:
        """Return the line of what ``item`` adds, often nothing."""
        text = self._added(item)
        return [line(chosen(piece_json(text), self._names))] if text else []

    def closing(self) -> Iterable[str]:
        """Return the line with the figures, behind pieces that have told the text."""
        return [line(chosen(infill_json("", self._usage), self._names))]

    def broken_off(self, error: SpaceError) -> str:
        """Return the line that tells of ``error``."""
        return line(error_json(error)[1])

    def whole(self) -> Any:
        """Return all that was filled in, with its figures."""
        return chosen(infill_json(self._text.text, self._usage), self._names)

    def _added(self, event: Event) -> str:
        match event:
            case Prefill(total=total):
                self._usage = replace(self._usage, prompt_tokens=total)
            case Answer(text=text) if text and not self._says_nothing:
                self._num_pieces += 1
                told = self._text.push(text)
                if self._text.is_over:  # before the model has ended: a piece is a token, or about so
                    self._usage = replace(self._usage, generated_tokens=self._num_pieces)
                    self.has_ended = True
                return told
            case Done(usage=usage):
                self._usage = replace(usage, generated_tokens=0) if self._says_nothing else usage
                self.has_ended = True
        return ""
