"""The routes for programs over any backend, each behind the key. Knows no model and no format."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse

from deepseek_space.api.absent import nothing
from deepseek_space.api.access.door import ASKS_FOR_KEY, Door
from deepseek_space.api.access.guard import Action, guarded, visiting
from deepseek_space.api.anthropic.errors import anthropic_refused, anthropic_told
from deepseek_space.api.anthropic.route import count_tokens, messages
from deepseek_space.api.chat.route import chat
from deepseek_space.api.completions.route import complete
from deepseek_space.api.fields.models import check_ready
from deepseek_space.api.infill.route import infill
from deepseek_space.api.mcp.route import serve
from deepseek_space.api.model_list import model_json, models_json
from deepseek_space.api.wire.errors import refused, told
from deepseek_space.api.wire.telling import Patience
from deepseek_space.backends.base import Backend
from deepseek_space.errors import SpaceError


@dataclass(frozen=True, kw_only=True)
class Words:
    """How a protocol tells an error, and refuses by an HTTP status and a sentence."""

    told: Callable[[SpaceError], Response]
    refused: Callable[[int, str], Response]


_OPENAI = Words(told=told, refused=refused)
_ANTHROPIC = Words(told=anthropic_told, refused=anthropic_refused)
_ANY = ("GET", "POST", "PUT", "PATCH", "DELETE")


def install(
    app: FastAPI | APIRouter, backend: Backend, *, door: Door | None = None, patience: Patience | None = None
) -> None:
    """Add the routes to ``app``, behind ``door``; without one everybody may ask."""
    door, patience = door or Door(), patience or Patience()

    def add(paths: Sequence[str], action: Action, *, method: str = "POST", words: Words = _OPENAI) -> None:
        known = guarded(_answering(action, words.told), door=door, refusal=lambda: words.refused(401, ASKS_FOR_KEY))
        for path in paths:
            app.add_api_route(path, known, methods=[method], include_in_schema=False)

    def replying(reply: Callable[..., Awaitable[Response]]) -> Action:
        return visiting(partial(reply, backend, patience=patience), door=door)

    add(["/infill"], replying(infill))
    # DeepSeek's name for the same is /beta, with what it has not elsewhere.
    add(["/v1/chat/completions", "/beta/chat/completions"], replying(chat))
    add(["/v1/completions", "/beta/completions"], replying(complete))
    add(["/v1/models", "/beta/models"], partial(_models, backend), method="GET")
    add(["/v1/models/{name:path}", "/beta/models/{name:path}"], partial(_model, backend), method="GET")
    # DeepSeek has them under /anthropic.
    add(["/v1/messages", "/anthropic/v1/messages"], replying(messages), words=_ANTHROPIC)
    counting = partial(count_tokens, backend)
    add(["/v1/messages/count_tokens", "/anthropic/v1/messages/count_tokens"], counting, words=_ANTHROPIC)
    # Where Gradio would have its own, which asks nobody for a password.
    places = ["/mcp", "/mcp/", "/gradio_api/mcp", "/gradio_api/mcp/"]
    add(places, replying(serve))
    add(places, _no_stream, method="GET")
    for method in _ANY:
        add(["/v1/{rest:path}"], nothing, method=method)


def _answering(action: Action, tell: Callable[[SpaceError], Response]) -> Action:
    """Return ``action``, whose errors are answers too."""

    async def answered(request: Request) -> Response:
        try:
            return await action(request)
        except SpaceError as error:
            return tell(error)

    return answered


async def _no_stream(_: Request) -> Response:
    return refused(405, "This server says nothing by itself: POST a message.")


async def _models(backend: Backend, _: Request) -> Response:
    status = backend.status()
    check_ready(status)
    return JSONResponse(models_json(status))


async def _model(backend: Backend, request: Request) -> Response:
    status, name = backend.status(), request.path_params["name"]
    check_ready(status)
    if status.state == "ready" and name == status.model:
        return JSONResponse(model_json(status))
    return refused(404, f"There is no model {name} here; {status.model or 'none'} answers.", code="model_not_found")
