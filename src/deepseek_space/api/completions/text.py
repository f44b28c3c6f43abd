"""One text that is continued, on its way to a client: what of it may be told by now. Knows no format and no route."""

from collections.abc import Sequence
from dataclasses import dataclass

from deepseek_space.events import Answer, Done, Event, Scored, ScoredToken, Usage
from deepseek_space.types import Completion


@dataclass(frozen=True, kw_only=True)
class Part:
    """The next piece of a text, and those of its tokens that are certain now, which begin at ``offset``."""

    text: str = ""
    tokens: tuple[ScoredToken, ...] = ()
    offset: int = 0

    def __bool__(self) -> bool:
        return bool(self.text or self.tokens)


class CompletionText:
    """Takes in the events of one reply. ``echo`` tells the prompt too, ``scores`` the tokens.

    With ``says_nothing`` of what is written nothing is told. ``usage`` is there once the reply has ended.
    """

    def __init__(self, completion: Completion, *, echo: bool, scores: bool, says_nothing: bool) -> None:
        self.usage: Usage | None = None
        self._offset = 0 if echo else len(completion.prefix)
        self._stop = completion.sampling.stop
        self._echo = completion.prefix if echo else ""
        self._echoes_tokens = echo and bool(completion.ids)
        self._scores = scores
        self._says_nothing = says_nothing
        self._written = ""  # all that was generated, as tokens have it
        self._told = 0  # characters of it that went out
        self._waiting: list[ScoredToken] = []
        self._num_past = 0  # characters of the tokens that went out

    def take(self, event: Event) -> Part | None:
        """Return the part that ``event`` makes certain; None for one that says nothing."""
        part = self._part(event)
        if part is None:
            return None
        echo, self._echo = self._echo, ""
        offset = self._offset
        self._offset += sum(len(token.text) for token in part.tokens)
        return Part(text=echo + part.text, tokens=part.tokens if self._scores else (), offset=offset)

    def _part(self, event: Event) -> Part | None:
        match event:
            case Scored(tokens=tokens, of_prompt=True):
                text = "".join(token.text for token in tokens) if self._echoes_tokens else ""
                return Part(text=text, tokens=tokens)
            case Scored(tokens=tokens) if not self._says_nothing:
                self._waiting += tokens
                self._written += "".join(token.text for token in tokens)
            case Answer(text=text) if text and not self._says_nothing:
                self._told += len(text)
                return Part(text=text, tokens=self._settled(self._told))
            case Done(usage=usage):
                self.usage = usage
                return Part(tokens=self._settled(self._end()))
        return None

    def _settled(self, length: int) -> tuple[ScoredToken, ...]:
        """Return the waiting tokens that end within the first ``length`` characters."""
        settled: list[ScoredToken] = []
        while self._waiting and self._num_past + len(self._waiting[0].text) <= length:
            settled.append(self._waiting.pop(0))
            self._num_past += len(settled[-1].text)
        return tuple(settled)

    def _end(self) -> int:
        """Return where what was generated ends: before a stop string, which has no place in the answer."""
        return _before(self._written, self._stop)


def _before(text: str, stop: Sequence[str]) -> int:
    return min((at for word in stop if (at := text.find(word)) >= 0), default=len(text))
