"""What belongs at an editor's cursor, over any backend, as llama.cpp's plug-ins ask for it. Knows no model, no key."""

import time
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace
from typing import Any

from anyio import CancelScope, to_thread
from fastapi import Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from deepseek_space.api.client_scope import scope_of_client
from deepseek_space.api.event_stream import (
    KEEP_ALIVE,
    LEFT,
    MEDIA_TYPE,
    UNBUFFERED,
    Patience,
    events_until_left,
    first_event,
    line,
)
from deepseek_space.api.infill_body import InfillBody, read_infill_body, to_completion
from deepseek_space.api.infill_format import chosen, infill_json, piece_json
from deepseek_space.api.infill_text import InfillText
from deepseek_space.api.openai_errors import error_json, refused, told
from deepseek_space.api.request_body import read
from deepseek_space.backends.base import Backend
from deepseek_space.errors import SpaceError
from deepseek_space.events import Answer, Done, Event, Prefill, Usage
from deepseek_space.types import Completion


async def infill(backend: Backend, request: Request, patience: Patience, *, has_key: bool) -> Response:
    """Answer ``request``, in pieces as it goes or whole."""
    try:
        body, wanted = await to_thread.run_sync(_understood, await read(request), backend)
        status = backend.status()
        if not status.can_infill:
            said = f"{status.model} was not trained to fill gaps. Load a DeepSeek Coder base model for that."
            return refused(501, said, code="not_supported_error")
        filled = Filled(body, model=status.model)
        if wanted is None:
            return JSONResponse(filled.answer())
        scope = scope_of_client(request, has_key=has_key, salt=body.cache_salt or "")
        pieces = filled.pieces(events_until_left(backend.stream(replace(wanted, scope=scope)), request))
        if body.stream:
            first = await first_event(pieces, says_something=bool, wait_s=patience.first_word_s)
            lines = _lines(filled, first or "", pieces, silence_s=patience.silence_s)
            return StreamingResponse(lines, media_type=MEDIA_TYPE, headers=UNBUFFERED)
        async for _ in pieces:
            pass
        return JSONResponse(filled.answer()) if filled.has_ended else Response(status_code=LEFT)
    except SpaceError as error:
        return told(error)


class Filled:
    """What is filled in, as it comes; ``has_ended`` unless its reader has left before."""

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

    async def pieces(self, events: AsyncGenerator[Event, None]) -> AsyncGenerator[str, None]:
        """Yield what each of ``events`` adds, often nothing, until the text is over."""
        try:
            async for event in events:
                yield self._take(event)
                if self.has_ended:
                    return
        finally:
            with CancelScope(shield=True):
                await events.aclose()

    def answer(self, *, is_last_piece: bool = False) -> dict[str, Any]:
        """Return all that was filled in with its figures, or the figures behind pieces that have told it."""
        content = "" if is_last_piece else self._text.text
        return chosen(infill_json(content, self._usage), self._names)

    def piece(self, text: str) -> dict[str, Any]:
        """Return a piece that is not the last."""
        return chosen(piece_json(text), self._names)

    def _take(self, event: Event) -> str:
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


def _understood(data: bytes, backend: Backend) -> tuple[InfillBody, Completion | None]:
    body = read_infill_body(data)
    return body, to_completion(body, backend.status(), backend.count_tokens)


async def _lines(
    filled: Filled, first: str, pieces: AsyncGenerator[str, None], *, silence_s: float
) -> AsyncIterator[str]:
    spoke = time.monotonic()
    try:
        piece: str | None = first
        while piece is not None:
            if piece or time.monotonic() - spoke >= silence_s:
                yield line(filled.piece(piece)) if piece else KEEP_ALIVE
                spoke = time.monotonic()
            piece = await anext(pieces, None)
        if filled.has_ended:
            yield line(filled.answer(is_last_piece=True))
    except SpaceError as error:
        yield line(error_json(error)[1])
    finally:
        with CancelScope(shield=True):
            await pieces.aclose()
