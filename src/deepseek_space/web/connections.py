"""Connections to the app: how many may be open, and how long one may take to say what it wants.

A stranger can open connections and say nothing, or one letter a minute, and each holds one of the files that the system
lets a process open. A request has to arrive within a time that grows with what has arrived. Where room runs out, the
connection that has waited longest without asking anything makes it: an honest one is opened again by its browser.
Knows no request.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Literal

from uvicorn import Server

LOOPBACK = ("127.0.0.0/8", "::1/128")
SWEEP_S = 1.0
AT_ONCE = 32  # taken in at a turn of the loop; counted, and turned away, a few turns later
State = Literal["asking", "sending", "answered"]
"""Before its request is read to the end of the headers, within the request's body, and from there to its answer."""

TOO_MANY = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\nretry-after: 10\r\nconnection: close\r\n\r\n"
    b"There are too many connections to this app at the moment. Try again in a few seconds.\n"
)
TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """The most connections, and how long a request may take to arrive: so long, and longer at so many bytes a second.

    ``proxies`` are addresses and networks whose connections are many people's; "*" stands for all.
    """

    connections: int
    per_address: int
    proxies: Collection[str] = LOOPBACK
    headers_s: float = 15.0
    body_s: float = 30.0
    bytes_per_s: float = 500.0


class Connection:
    """One connection, as far as its bounds go."""

    def __init__(self, address: str, state: Callable[[], State], transport: asyncio.Transport, now_s: float) -> None:
        self.address = address
        self.state = state
        self.transport = transport
        self._since_s, self._received = now_s, 0

    def begin(self, now_s: float) -> None:
        """Count time and bytes anew."""
        self._since_s, self._received = now_s, 0

    def count_bytes(self, count: int) -> None:
        """Count bytes that have arrived."""
        self._received += count

    def is_late(self, bounds: Bounds, now_s: float) -> bool:
        """Whether what it asks should have arrived by now."""
        state = self.state()
        if state == "answered":
            return False
        allowed_s = bounds.headers_s if state == "asking" else bounds.body_s
        return now_s - self._since_s > allowed_s + self._received / bounds.bytes_per_s

    def refuse(self, answer: bytes) -> None:
        """Say why and end it."""
        self.transport.write(answer)
        self.transport.close()


class Connections:
    """All that are open, the longest unused first. For the thread of the server's event loop alone."""

    def __init__(self, bounds: Bounds, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.bounds = bounds
        self.clock = clock
        self._open: dict[Connection, None] = {}
        self._of_address: Counter[str] = Counter()
        self._proxies = None if "*" in bounds.proxies else [ip_network(entry) for entry in bounds.proxies]
        self._is_swept = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, connection: Connection) -> None:
        """Keep one more, or turn it away where it would be one too many and none waits without asking."""
        address = connection.address
        if self._of_address[address] >= self.bounds.per_address and not self._is_proxy(address):
            has_room = self._evict(address)
        else:
            has_room = len(self._open) < self.bounds.connections or self._evict()
        if has_room:
            self._open[connection] = None
            self._of_address[address] += 1
        else:
            connection.refuse(TOO_MANY)

    def drop(self, connection: Connection) -> None:
        """Forget one that has ended."""
        if connection in self._open:
            del self._open[connection]
            self._of_address[connection.address] -= 1
            if not self._of_address[connection.address]:
                del self._of_address[connection.address]

    def restart(self, connection: Connection) -> None:
        """Count the time of one anew: it has had its answer, or gone on from headers to body."""
        connection.begin(self.clock())
        if connection in self._open:
            self._open[connection] = self._open.pop(connection)

    def sweep(self) -> None:
        """End those whose request should have arrived by now."""
        now_s = self.clock()
        for connection in [known for known in self._open if known.is_late(self.bounds, now_s)]:
            self.drop(connection)
            if connection.state() == "asking":
                connection.refuse(TOO_SLOW)
            else:
                connection.transport.abort()

    def keep_swept(self, loop: asyncio.AbstractEventLoop) -> None:
        """Sweep once a second for as long as there are any."""
        if not self._is_swept:
            self._is_swept, self._loop = True, loop
            loop.call_later(SWEEP_S, self._sweep_on, loop)

    def close_soon(self) -> None:
        """Have all ended, whatever is still to be said; for any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._close)

    def _close(self) -> None:
        for connection in list(self._open):
            self.drop(connection)
            connection.transport.close()

    def _sweep_on(self, loop: asyncio.AbstractEventLoop) -> None:
        self.sweep()
        self._is_swept = False
        if self._open:
            self.keep_swept(loop)

    def _evict(self, address: str | None = None) -> bool:
        waiting = (one for one in self._open if address in (None, one.address) and one.state() == "asking")
        longest = next(waiting, None)
        if longest is None:
            return False
        self.drop(longest)
        longest.transport.abort()
        return True

    def _is_proxy(self, address: str) -> bool:
        if self._proxies is None or not address:
            return True
        known = ip_address(address)
        return any(known in network for network in self._proxies)


def networks(trusted: str | Collection[str]) -> tuple[str, ...]:
    """Return the addresses and networks in uvicorn's list of trusted proxies, and those of this machine.

    What is no address, such as the path of a socket, is left out.
    """
    entries = [entry.strip() for entry in trusted.split(",")] if isinstance(trusted, str) else list(trusted)
    return (*LOOPBACK, *(entry for entry in entries if entry == "*" or _is_network(entry)))


def address_of(peer: object) -> str:
    """Return the address that a peer's connections are counted under: of IPv6 the network that one line is given."""
    try:
        address = ip_address(peer[0].partition("%")[0])
    except (TypeError, IndexError, AttributeError, ValueError):
        return ""
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(address if address.is_loopback else ip_network((address, 64), strict=False).network_address)


def _is_network(entry: str) -> bool:
    try:
        ip_network(entry)
    except ValueError:
        return False
    return True


def guard(server: Server, connections: Connections) -> None:
    """Have ``server``, which serves already in a thread of its own, keep its connections among ``connections``."""
    config = server.config
    config.http_protocol_class = guarded(config.http_protocol_class, connections)
    config.ws_protocol_class = None  # nothing here speaks it, and its connections would be nobody's
    config.timeout_graceful_shutdown = 1  # as all connections have been closed by then
    loop = server.servers[0].get_loop()
    asyncio.run_coroutine_threadsafe(_listen_anew(server), loop).result()


async def _listen_anew(server: Server) -> None:
    # asyncio takes in all that wait, up to a backlog of 2,048, before it lets the first be counted.
    def connect() -> asyncio.Protocol:
        config = server.config
        return config.http_protocol_class(
            config=config, server_state=server.server_state, app_state=server.lifespan.state
        )

    loop, former = asyncio.get_running_loop(), server.servers
    server.servers = []
    for sock in [sock.dup() for one in former for sock in one.sockets]:
        server.servers.append(await loop.create_server(connect, sock=sock, ssl=server.config.ssl, backlog=AT_ONCE))
        sock.listen(server.config.backlog)
    for one in former:
        one.close()


def guarded(protocol: type[asyncio.Protocol], connections: Connections) -> type[asyncio.Protocol]:
    """Return uvicorn's ``protocol`` with its connections among ``connections``."""

    class GuardedProtocol(protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            address = address_of(transport.get_extra_info("peername"))
            self.guard = Connection(address, self.guard_state, transport, connections.clock())
            connections.admit(self.guard)
            connections.keep_swept(self.loop)

        def connection_lost(self, exc: Exception | None) -> None:
            connections.drop(self.guard)
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            before = self.guard_state()
            super().data_received(data)
            if self.guard_state() != before or self.flow.read_paused:  # where we do not read, nobody can send
                connections.restart(self.guard)
            self.guard.count_bytes(len(data))

        def on_response_complete(self) -> None:
            connections.restart(self.guard)
            super().on_response_complete()

        def guard_state(self) -> State:
            if self.cycle is None or self.cycle.response_complete:
                return "asking"
            return "sending" if self.cycle.more_body and not self.flow.read_paused else "answered"

    return GuardedProtocol
