"""Conversations over any backend, for programs made for OpenAI. Knows no model and no key; the format is elsewhere."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from anyio import to_thread
from fastapi import Request, Response

from deepseek_space.api.access.door import Visit
from deepseek_space.api.access.scope import scope_of_client
from deepseek_space.api.chat.body import ChatBody, read_body, to_request
from deepseek_space.api.chat.choices import Numbered, choices
from deepseek_space.api.chat.format import Reply
from deepseek_space.api.chat.told import Told
from deepseek_space.api.fields.sampling import numbered
from deepseek_space.api.wire.errors import error_json
from deepseek_space.api.wire.event_stream import events_until_left
from deepseek_space.api.wire.request_body import read
from deepseek_space.api.wire.telling import KEEP_ALIVE, LAST_LINE, Patience, line, respond
from deepseek_space.backends.base import Backend
from deepseek_space.errors import SpaceError
from deepseek_space.status import Status
from deepseek_space.types import Request as Asked


async def chat(backend: Backend, request: Request, visit: Visit, *, patience: Patience) -> Response:
    """Answer ``request``, in pieces as it goes or whole. Raises SpaceError before the first word."""
    body, asked = await to_thread.run_sync(_understood, await read(request), backend.status())
    asked = replace(asked, scope=scope_of_client(request, key=visit.key, salt=body.cache_salt or ""))
    events = choices(
        lambda number: events_until_left(backend.stream(_numbered(asked, number)), request, count=visit.count), body.n
    )
    telling = ChatTelling(Reply(model=backend.status().model), body)
    return await respond(telling, events, is_streamed=body.stream, patience=patience)


class ChatTelling:
    """The replies to one request, as their events come, each with its reply's number."""

    keep_alive = KEEP_ALIVE

    def __init__(self, reply: Reply, body: ChatBody) -> None:
        self._reply = reply
        self._told = [Told() for _ in range(body.n)]
        self._tells_usage = body.stream_options.include_usage

    @property
    def has_ended(self) -> bool:
        """Whether all replies have."""
        return all(one.usage for one in self._told)

    def opening(self) -> Iterable[str]:
        """Return the lines that say who speaks."""
        return [line(self._reply.first_piece(number)) for number in range(len(self._told))]

    def take(self, item: Numbered) -> Sequence[str]:
        """Return the line of the next event, if it says something."""
        number, event = item
        self._told[number].take(event)
        piece = self._reply.piece(number, event)
        return [] if piece is None else [line(piece)]

    def closing(self) -> Iterable[str]:
        """Return the figures, where they were asked for, and the end."""
        return [*([line(self._reply.usage_piece(self._told))] if self._tells_usage else []), LAST_LINE]

    def broken_off(self, error: SpaceError) -> str:
        """Return the line that tells of ``error``."""
        return line(error_json(error)[1])

    def whole(self) -> object:
        """Return all replies."""
        return self._reply.whole(self._told)


def _understood(data: bytes, status: Status) -> tuple[ChatBody, Asked]:
    body = read_body(data)
    return body, to_request(body, status)


def _numbered(asked: Asked, number: int) -> Asked:
    return replace(asked, sampling=numbered(asked.sampling, number))
