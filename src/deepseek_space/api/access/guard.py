"""What is behind the door: an action for those who may come in, and the place that a reply holds until it is over.

Knows no format: how somebody is turned away is handed in.
"""

from collections.abc import Awaitable, Callable
from contextlib import ExitStack

from fastapi import Request, Response
from starlette.types import Receive, Scope, Send

from deepseek_space.api.access.door import Door, Visit

Action = Callable[[Request], Awaitable[Response]]
Reply = Callable[[Request, Visit], Awaitable[Response]]


def guarded(action: Action, *, door: Door, refusal: Callable[[], Response]) -> Action:
    """Return ``action`` for those whom the ``door`` is open to, and ``refusal`` for all others."""

    async def asked(request: Request) -> Response:
        return await action(request) if door.is_open_to(request) else refusal()

    return asked


def visiting(reply: Reply, *, door: Door) -> Action:
    """Return ``reply`` as an action that holds a place until all of the answer is sent. It raises TooMany."""

    async def asked(request: Request) -> Response:
        with ExitStack() as place:
            visit = place.enter_context(door.visit(request))
            return _Held(await reply(request, visit), place.pop_all())

    return asked


class _Held(Response):
    """An answer that lets its ``place`` go once it was sent, or its reader has left."""

    def __init__(self, answer: Response, place: ExitStack) -> None:
        super().__init__(status_code=answer.status_code)
        self._answer, self._place = answer, place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._place:
            await self._answer(scope, receive, send)
