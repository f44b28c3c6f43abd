"""Requests to one server: questions that are answered at once, and answers that come in pieces.

All run on one event loop in a thread of its own: only there can a connection be ended while it waits for something.
The key goes to this server alone, as redirects are refused. Knows nothing of models, and not what the pieces mean.
"""

import json
import queue
import threading
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, TypeVar

import anyio
import httpx2
from anyio.from_thread import start_blocking_portal

from deepseek_space import __version__
from deepseek_space.backends.heartbeat import arrivals
from deepseek_space.backends.remote.refusals import broken_off, http_errors, no_json, no_protocol, refusal
from deepseek_space.backends.remote.server import Server
from deepseek_space.errors import BusyError, EngineStopped
from deepseek_space.models.downloads.transfer import Interrupted
from deepseek_space.text.valid_text import valid

T = TypeVar("T")

CLOSE_S = 1.0
WRITE_S = 60.0  # for a prompt to go out
LAST_PIECE = "[DONE]"
REFUSED_STATUS = (400, 404, 405, 422, 501)


@dataclass(frozen=True, kw_only=True)
class Order:
    """One request: where it goes, its JSON, and the models that the server says it has."""

    url: str
    body: dict[str, Any]
    listed: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Refused:
    """The server is busy; the request is sent again in ``wait_s``."""

    wait_s: float


@dataclass(frozen=True)
class Ended:
    """The server has said that nothing more comes."""


Piece = dict[str, Any] | Refused | Ended | None  # None: nothing has come for a heartbeat


class Connection:
    """Many requests at once to one ``server``; may be used by many threads."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._ending = ExitStack()
        self._portal = self._ending.enter_context(start_blocking_portal(name="remote"))
        self._client = httpx2.AsyncClient(
            headers=_headers(server.key),
            timeout=httpx2.Timeout(connect=server.connect_s, read=server.silence_s, write=WRITE_S, pool=None),
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=16),
        )

    def spawn(self, work: Callable[[], Awaitable[T]]) -> Future[T]:
        """Run ``work`` on the loop, and return what will hold its result. Raises EngineStopped once closed."""
        try:
            return self._portal.start_task_soon(work)
        except RuntimeError as error:
            raise EngineStopped("The app is shutting down.") from error

    async def get(self, path: str) -> object:
        """Return the JSON at ``path``. Raises RemoteError and its kind, Interrupted where the server is busy."""
        with http_errors(self.server):
            answer = await self._client.get(self.server.at(path), timeout=self.server.connect_s)
        if answer.status_code != 200:
            raise refusal(self.server, answer.status_code, answer.headers, answer.text, {}, ())
        try:
            return answer.json()
        except ValueError as error:
            raise no_protocol(self.server, answer.headers.get("content-type", "")) from error

    async def post(self, order: Order) -> Mapping[str, Any] | None:
        """Return the JSON that answers ``order`` at once; None where the server refuses it or has nothing there.

        Raises SpaceError, Interrupted where the server is busy.
        """
        with http_errors(self.server):
            answer = await self._client.post(order.url, **_sent(order.body), timeout=self.server.connect_s)
        if answer.status_code in REFUSED_STATUS:
            return None
        if answer.status_code != 200:
            raise refusal(self.server, answer.status_code, answer.headers, answer.text, order.body, order.listed)
        try:
            found = answer.json()
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    def pieces(self, order: Order) -> Generator[Piece, None, None]:
        """Yield the pieces of the answer to ``order``, something at least once per heartbeat.

        Closing the iterator closes the connection at once, also before the first piece. While the server is busy the
        request is sent again, as often as its patience allows. Raises SpaceError.
        """
        arrived: queue.SimpleQueue[Piece | Future[None]] = queue.SimpleQueue()
        task = self.spawn(lambda: self._deliver(order, arrived.put))
        task.add_done_callback(arrived.put)
        try:
            for piece in arrivals(arrived):
                if isinstance(piece, Future):
                    break
                yield piece
            task.result()
        except CancelledError as error:
            raise EngineStopped("The app is shutting down.") from error
        finally:
            task.cancel()

    def close(self) -> None:
        """End all connections, within ``CLOSE_S``."""
        try:
            self._portal.call(self._portal.stop, True)
        except RuntimeError:
            return  # closed before
        # A name that is being looked up cannot be interrupted, and the loop's end would wait for it.
        ending = threading.Thread(target=self._ending.close, daemon=True)
        ending.start()
        ending.join(CLOSE_S)

    async def _deliver(self, order: Order, put: Callable[[Piece], None]) -> None:
        failures, patience = 0, self.server.patience
        while True:
            try:
                return await self._receive(order, put)
            except Interrupted as busy:
                failures += 1
                wait_s = patience.wait_s(busy, failures)
                if wait_s is None or failures >= patience.max_failures:
                    raise _too_busy(self.server, busy) from busy
            put(Refused(wait_s=wait_s))
            await anyio.sleep(wait_s)

    async def _receive(self, order: Order, put: Callable[[Piece], None]) -> None:
        with http_errors(self.server):
            async with self._client.stream("POST", order.url, **_sent(order.body)) as answer:
                await self._check(answer, order)
                async for event in httpx2.EventSource(answer):
                    if event.data.strip() == LAST_PIECE:
                        return put(Ended())
                    put(self._piece(event.data))

    async def _check(self, answer: httpx2.Response, order: Order) -> None:
        content_type = answer.headers.get("content-type", "")
        if answer.status_code == 200 and content_type.startswith("text/event-stream"):
            return
        text = (await answer.aread()).decode("utf-8", "replace")
        if answer.status_code == 200:
            raise no_protocol(self.server, content_type)
        raise refusal(self.server, answer.status_code, answer.headers, text, order.body, order.listed)

    def _piece(self, data: str) -> dict[str, Any]:
        try:
            piece = json.loads(data)
        except ValueError as error:
            raise no_json(self.server, data) from error
        if not isinstance(piece, dict):
            raise no_json(self.server, data)
        if piece.get("error"):
            raise broken_off(self.server, piece["error"])
        return piece


def _sent(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``body`` as JSON that can be sent: people, too, write half of a character at times."""
    text = valid(json.dumps(body, ensure_ascii=False, separators=(",", ":")))
    return {"content": text.encode(), "headers": {"Content-Type": "application/json"}}


def _headers(key: str) -> dict[str, str]:
    headers = {"User-Agent": f"deepseek-space/{__version__}"}
    return {**headers, "Authorization": f"Bearer {key}"} if key else headers


def _too_busy(server: Server, busy: Interrupted) -> BusyError:
    if busy.retry_after_s:
        wait = f"{busy.retry_after_s:g}"
        return BusyError(
            "{host} is busy ({reason}) and asks to wait {wait} s. Send the message again then.",
            host=server.host,
            reason=busy,
            wait=wait,
        )
    return BusyError("{host} is busy ({reason}). Send the message again in a minute.", host=server.host, reason=busy)
