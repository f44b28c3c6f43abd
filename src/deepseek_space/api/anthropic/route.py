"""Conversations over any backend, for programs made for Anthropic. Knows no model, no key; the format is elsewhere."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from anyio import to_thread
from fastapi import Request, Response
from fastapi.responses import JSONResponse

from deepseek_space.api.access.door import Visit
from deepseek_space.api.access.scope import scope_of_client
from deepseek_space.api.anthropic.body import AnthropicBody, read_anthropic_body, texts_of, to_chat
from deepseek_space.api.anthropic.errors import anthropic_error_json
from deepseek_space.api.anthropic.format import PING, MessageStream, named_line, whole
from deepseek_space.api.chat.body import to_request
from deepseek_space.api.chat.told import Told
from deepseek_space.api.fields.models import check_model
from deepseek_space.api.wire.event_stream import events_until_left
from deepseek_space.api.wire.request_body import read
from deepseek_space.api.wire.telling import Patience, respond
from deepseek_space.backends.base import Backend
from deepseek_space.errors import SpaceError
from deepseek_space.events import Event
from deepseek_space.status import Status
from deepseek_space.types import Request as Asked

TOKENS_PER_MESSAGE = 4  # about what a format puts around each


async def messages(backend: Backend, request: Request, visit: Visit, *, patience: Patience) -> Response:
    """Answer ``request``, in pieces as it goes or whole. Raises SpaceError before the first word."""
    body, asked = await to_thread.run_sync(_understood, await read(request), backend.status())
    asked = replace(asked, scope=scope_of_client(request, key=visit.key))
    events = events_until_left(backend.stream(asked), request, count=visit.count)
    telling = MessageTelling(backend.status().model)
    return await respond(telling, events, is_streamed=body.stream, patience=patience)


async def count_tokens(backend: Backend, request: Request) -> Response:
    """Answer with about how many tokens the request's texts are. Raises SpaceError."""
    return JSONResponse({"input_tokens": await to_thread.run_sync(_counted, await read(request), backend)})


class MessageTelling:
    """One reply by ``model``, as its events come."""

    keep_alive = PING

    def __init__(self, model: str) -> None:
        self._model = model
        self._told = Told()
        self._stream = MessageStream(model=model)

    @property
    def has_ended(self) -> bool:
        """Whether the reply has."""
        return self._told.usage is not None

    def opening(self) -> Iterable[str]:
        """Return the line that opens the message."""
        return [self._stream.begin()]

    def take(self, item: Event) -> Sequence[str]:
        """Return the lines that ``item`` makes."""
        self._told.take(item)
        return list(self._stream.lines(item))

    def closing(self) -> Iterable[str]:
        """Return nothing: the figures are the last event's lines."""
        return []

    def broken_off(self, error: SpaceError) -> str:
        """Return the line that tells of ``error``."""
        return named_line("error", error=anthropic_error_json(error)[1]["error"])

    def whole(self) -> object:
        """Return the message."""
        assert self._told.usage is not None  # it has ended
        return whole(self._model, self._told, self._told.usage)


def _understood(data: bytes, status: Status) -> tuple[AnthropicBody, Asked]:
    body = read_anthropic_body(data)
    return body, to_request(to_chat(body), status)


def _counted(data: bytes, backend: Backend) -> int:
    chat = to_chat(read_anthropic_body(data))
    check_model(chat.model, backend.status())
    return sum(backend.count_tokens(text) + TOKENS_PER_MESSAGE for text in texts_of(chat))
