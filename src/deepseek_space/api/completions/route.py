"""Texts to be continued, over any backend, for programs made for OpenAI. Knows no model and no key."""

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import replace

from anyio import CancelScope, to_thread
from fastapi import Request, Response

from deepseek_space.api.access.door import Visit
from deepseek_space.api.access.scope import scope_of_client
from deepseek_space.api.completions.body import CompletionBody, Texts, read_completion_body, to_texts
from deepseek_space.api.completions.format import CompletionReply, total
from deepseek_space.api.completions.text import CompletionText, Part
from deepseek_space.api.fields.sampling import numbered
from deepseek_space.api.wire.errors import error_json
from deepseek_space.api.wire.event_stream import events_until_left
from deepseek_space.api.wire.request_body import read
from deepseek_space.api.wire.telling import KEEP_ALIVE, LAST_LINE, Patience, line, respond
from deepseek_space.backends.base import Backend
from deepseek_space.errors import SpaceError
from deepseek_space.events import Done, Event, Usage
from deepseek_space.status import Status
from deepseek_space.types import Completion

Numbered = tuple[int, Part | None]


async def complete(backend: Backend, request: Request, visit: Visit, *, patience: Patience) -> Response:
    """Answer ``request``, in pieces as it goes or whole. Raises SpaceError before the first word."""
    body, asked = await to_thread.run_sync(_understood, await read(request), backend.status())
    scope = scope_of_client(request, key=visit.key, salt=body.cache_salt or "")
    completions = [replace(one, scope=scope) for one in _with_own_seeds(asked)]
    texts = [
        CompletionText(one, echo=asked.echo, scores=asked.scores, says_nothing=asked.says_nothing)
        for one in completions
    ]
    parts = continued(
        texts, lambda number: events_until_left(backend.stream(completions[number]), request, count=visit.count)
    )
    reply = CompletionReply(model=backend.status().model, scores=asked.scores)
    telling = CompletionTelling(reply, texts, asked, tells_usage=body.stream_options.include_usage)
    return await respond(telling, parts, is_streamed=body.stream, patience=patience)


class CompletionTelling:
    """The texts of one request, as their parts come, each with its text's number."""

    keep_alive = KEEP_ALIVE

    def __init__(
        self, reply: CompletionReply, texts: Sequence[CompletionText], asked: Texts, *, tells_usage: bool
    ) -> None:
        self._reply, self._texts, self._asked, self._tells_usage = reply, texts, asked, tells_usage
        self._found: list[list[Part]] = [[] for _ in texts]

    @property
    def has_ended(self) -> bool:
        """Whether the last text has."""
        return self._texts[-1].usage is not None

    def opening(self) -> Iterable[str]:
        """Return nothing: the first part is the first line."""
        return []

    def take(self, item: Numbered) -> Sequence[str]:
        """Return the line of the next part, if there is one."""
        number, part = item
        if part is None:
            return []
        self._found[number].append(part)
        return [line(self._reply.piece(number, self._texts[number], part))]

    def closing(self) -> Iterable[str]:
        """Return the figures, where they were asked for, and the end."""
        return [*([line(self._reply.usage_piece(self._usage()))] if self._tells_usage else []), LAST_LINE]

    def broken_off(self, error: SpaceError) -> str:
        """Return the line that tells of ``error``."""
        return line(error_json(error)[1])

    def whole(self) -> object:
        """Return all texts."""
        return self._reply.whole(self._texts, self._found, self._usage())

    def _usage(self) -> Usage:
        usages = [text.usage for text in self._texts if text.usage]
        return total(usages, n=self._asked.n, says_nothing=self._asked.says_nothing)


async def continued(
    texts: Sequence[CompletionText], begin: Callable[[int], AsyncGenerator[Event, None]]
) -> AsyncGenerator[Numbered, None]:
    """Yield the parts of ``texts`` in their order, each with its number; ends early where nobody is there any more.

    One after the other: what was read for a text is known when it is continued once more.
    """
    for number, text in enumerate(texts):
        events = begin(number)
        try:
            async for event in events:
                yield number, text.take(event)
                if isinstance(event, Done):
                    break
        finally:
            with CancelScope(shield=True):
                await events.aclose()
        if text.usage is None:
            return


def _understood(data: bytes, status: Status) -> tuple[CompletionBody, Texts]:
    body = read_completion_body(data)
    return body, to_texts(body, status)


def _with_own_seeds(asked: Texts) -> list[Completion]:
    """Return what is to be continued; the same text for the second time with another seed, if one is given."""
    return [
        replace(one, sampling=numbered(one.sampling, number % asked.n)) for number, one in enumerate(asked.completions)
    ]
