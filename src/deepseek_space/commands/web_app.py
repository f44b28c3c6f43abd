"""The page and the routes on a port: opened over backends, guarded against the crowd, closed in order.

Imports Gradio's page; made where a page is wanted, and nowhere else.
"""

import asyncio
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from fastapi import APIRouter
from starlette.routing import BaseRoute

from deepseek_space.api import health, metrics, routes
from deepseek_space.api.access.door import Door, Limits
from deepseek_space.backends.base import Backend
from deepseek_space.settings import Settings
from deepseek_space.ui.app import build_app, launch_options
from deepseek_space.ui.closing import Closing
from deepseek_space.web.connections import LOOPBACK, Bounds, Connections, guard, networks
from deepseek_space.web.descriptors import room_for_connections

ON_A_SPACE = "SYSTEM"  # the environment variable by which Gradio knows
SHARE_OF_ONE_ADDRESS = 4  # a quarter of all connections: a school behind one address is no attack


class WebApp:
    """The page over the first of ``backends``; the second, if there is one, is for the Compare tab."""

    def __init__(self, backends: Sequence[Backend], settings: Settings) -> None:
        self._backends = backends
        self._settings = settings
        self._closing = Closing()
        self._connections: Connections | None = None
        self._page: Any = None

    @property
    def url(self) -> str:
        """Where it is open: the public link, where there is one."""
        return self._page.share_url or self._page.local_url

    @property
    def share_url(self) -> str | None:
        """The public link, if it was asked for and came."""
        return self._page.share_url

    @property
    def thread(self) -> threading.Thread:
        """The thread that serves."""
        return self._page.server.thread

    def open(self, port: int, *, num_files: int) -> None:
        """Serve on ``port``; ``num_files`` files and connections may be open in this process."""
        asyncio.run(self._open(port))
        server = self._page.server
        self._connections = Connections(self._bounds(num_files, server.config.forwarded_allow_ips))
        guard(server, self._connections)

    def is_busy(self) -> bool:
        """Whether a reply is being written or is on its way; from the first call on new work is refused."""
        self._closing.begin()
        statuses = [backend.status() for backend in self._backends]
        return self.is_answering() or any(status.active_requests or status.queued_requests for status in statuses)

    def is_answering(self) -> bool:
        """Whether an answer is on its way to a reader."""
        return self._closing.num_answers > 0

    def close(self) -> None:
        """End all connections and serve no more."""
        if self._connections is not None:
            self._connections.close_soon()
        if self._page is not None:
            self._page.close(verbose=False)

    async def _open(self, port: int) -> None:
        # Within a loop for Gradio's sake: without one it makes a loop for each of its locks and closes none, and Python
        # complains of them as it ends.
        settings, second = self._settings, self._backends[1] if len(self._backends) > 1 else None
        self._page = build_app(self._backends[0], settings=settings, second=second)
        options = launch_options(settings, self._closing)
        options["app_kwargs"]["routes"] += self._routes()  # there from the first moment on, before Gradio's
        with _unreloadable():
            self._page.launch(
                server_name=f"[{settings.host}]" if ":" in settings.host else settings.host,
                server_port=port,
                share=settings.share,
                auth=settings.credentials,
                prevent_thread_lock=True,
                **options,
            )

    def _routes(self) -> list[BaseRoute]:
        app, backend, settings = APIRouter(), self._backends[0], self._settings
        door = Door(settings.keys, Limits(per_minute=settings.requests_per_minute, at_once=settings.replies_at_once))
        health.install(app, backend, is_closing=lambda: self._closing.has_begun)
        metrics.install(app, backend, door=door)
        if not settings.on_zero_gpu:  # where a card is given to Gradio's own events alone
            routes.install(app, backend, door=door)
        return app.routes

    def _bounds(self, num_files: int, trusted_proxies: str | list[str]) -> Bounds:
        room = room_for_connections(num_files)
        # The platform of a Space is a proxy whose addresses it does not tell.
        proxies = ("*",) if self._settings.on_space else networks(trusted_proxies)
        return Bounds(connections=room, per_address=room // SHARE_OF_ONE_ADDRESS, proxies=proxies or LOOPBACK)


@contextmanager
def _unreloadable() -> Iterator[None]:
    """Have Gradio not notice that this is a Space.

    It would open a second port, without a password, to whoever sends new source to be run here; a page that is built
    within functions cannot be reloaded anyway.
    """
    system = os.environ.pop(ON_A_SPACE, None)
    try:
        yield
    finally:
        if system is not None:
            os.environ[ON_A_SPACE] = system
