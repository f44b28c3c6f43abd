"""How likely tokens were, as OpenAI-like servers tell it, to the pieces of text that they make. Knows no connection."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from deepseek_space.errors import FieldRefused
from deepseek_space.events import Answer, Event, Reasoning, TokenLogprob
from deepseek_space.text.token_trail import TokenTrail

UNLIKELY = -9999.0  # as OpenAI writes it; JSON has no minus infinity


class StreamedScores:
    """Keeps the tokens of one reply by ``host``, a piece at a time, until the text that they make is told.

    With each go the ``top`` likeliest in its place.
    """

    def __init__(self, host: str, *, top: int) -> None:
        self._host, self._top = host, top
        self._trail = TokenTrail()
        self._has_some = False

    def push(self, logprobs: object, text: str) -> None:
        """Take in a piece's tokens with their ``text``. Raises FieldRefused where the server sends text alone."""
        self._has_some = self._has_some or isinstance(logprobs, Mapping)
        if text and not self._has_some:  # what a server held back at the end comes without
            raise FieldRefused("logprobs", f"{self._host} sends none. Leave it out.")
        *tokens, last = [None, *_tokens(logprobs)]
        for token in filter(None, tokens):
            self._trail.push(self._cut(token), "")
        self._trail.push(last and self._cut(last), text)

    def told(self, events: Iterable[Event]) -> Iterator[Event]:
        """Yield ``events`` with the tokens that their texts are made of."""
        for event in events:
            is_text = isinstance(event, Answer | Reasoning)
            yield replace(event, tokens=self._trail.take(event.text)) if is_text else event

    def _cut(self, token: TokenLogprob) -> TokenLogprob:
        return replace(token, top=token.top[: self._top])


def _tokens(logprobs: object) -> Iterator[TokenLogprob]:
    if not isinstance(logprobs, Mapping):
        return
    for name in ("reasoning_content", "content"):  # the first is DeepSeek's, for thoughts
        found = logprobs.get(name)
        yield from (_token(item) for item in found if isinstance(item, Mapping)) if isinstance(found, list) else ()


def _token(item: Mapping[str, Any]) -> TokenLogprob:
    given, top, logprob = item.get("bytes"), item.get("top_logprobs"), item.get("logprob")
    text = item.get("token")
    return TokenLogprob(
        bytes=bytes(given) if isinstance(given, list) else str(text or "").encode("utf-8", "replace"),
        logprob=float(logprob) if isinstance(logprob, int | float) else UNLIKELY,
        top=tuple(_token(other) for other in top if isinstance(other, Mapping)) if isinstance(top, list) else (),
    )
