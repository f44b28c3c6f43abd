"""What belongs at an editor's cursor, over any backend, as llama.cpp's plug-ins ask for it. Knows no model, no key."""

from dataclasses import replace

from anyio import to_thread
from fastapi import Request, Response
from fastapi.responses import JSONResponse

from deepseek_space.api.access.door import Visit
from deepseek_space.api.access.scope import scope_of_client
from deepseek_space.api.infill.body import InfillBody, read_infill_body, to_completion
from deepseek_space.api.infill.filled import Filled
from deepseek_space.api.wire.errors import refused
from deepseek_space.api.wire.event_stream import events_until_left
from deepseek_space.api.wire.request_body import read
from deepseek_space.api.wire.telling import Patience, respond
from deepseek_space.backends.base import Backend
from deepseek_space.types import Completion


async def infill(backend: Backend, request: Request, visit: Visit, *, patience: Patience) -> Response:
    """Answer ``request``, in pieces as it goes or whole. Raises SpaceError before the first word."""
    body, wanted = await to_thread.run_sync(_understood, await read(request), backend)
    status = backend.status()
    if not status.can_infill:
        said = f"{status.model} was not trained to fill gaps. Load a DeepSeek Coder base model for that."
        return refused(501, said, code="not_supported_error")
    filled = Filled(body, model=status.model)
    if wanted is None:
        return JSONResponse(filled.whole())
    scope = scope_of_client(request, key=visit.key, salt=body.cache_salt or "")
    events = events_until_left(backend.stream(replace(wanted, scope=scope)), request, count=visit.count)
    return await respond(filled, events, is_streamed=body.stream, patience=patience)


def _understood(data: bytes, backend: Backend) -> tuple[InfillBody, Completion | None]:
    body = read_infill_body(data)
    return body, to_completion(body, backend.status(), backend.count_tokens)
