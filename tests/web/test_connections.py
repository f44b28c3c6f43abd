"""However many connections are opened and however little is said on them, there is room for who asks something."""

import socket
import threading
from contextlib import ExitStack, contextmanager

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from deepseek_space.web.connections import (
    LOOPBACK,
    Bounds,
    Connection,
    Connections,
    address_of,
    guard,
    networks,
)

BOUNDS = Bounds(connections=6, per_address=3, headers_s=10, body_s=20, bytes_per_s=100)


class Line:
    """A transport, and what was written to it."""

    def __init__(self):
        self.written, self.ended = b"", ""

    def write(self, data):
        self.written += data

    def close(self):
        self.ended = self.ended or "closed"

    def abort(self):
        self.ended = self.ended or "aborted"


class Room:
    """Connections with a clock that a test turns."""

    def __init__(self, bounds=BOUNDS):
        self.now_s = 0.0
        self.connections = Connections(bounds, clock=lambda: self.now_s)

    def open(self, address="203.0.113.5", state="asking"):
        line = Line()
        line.state = state
        line.connection = Connection(address, lambda: line.state, line, self.now_s)
        self.connections.admit(line.connection)
        return line

    def pass_s(self, seconds):
        self.now_s += seconds
        self.connections.sweep()


@pytest.fixture
def room():
    return Room()


def test_one_address_gives_up_its_own_longest_unused_connection_for_a_new_one(room):
    other = room.open("198.51.100.7")
    mine = [room.open() for _ in range(5)]
    assert [line.ended for line in mine] == ["aborted", "aborted", "", "", ""]
    assert not other.ended


def test_an_address_whose_connections_are_all_answered_gets_no_more(room):
    mine = [room.open(state="answered") for _ in range(4)]
    assert [line.ended for line in mine] == ["", "", "", "closed"]
    assert b" 503 " in mine[3].written
    assert b"retry-after: 10" in mine[3].written


def test_in_a_full_house_the_longest_unused_makes_room_and_what_is_answered_stays(room):
    answered = room.open("198.51.100.1", "answered")
    lines = [room.open(f"198.51.100.{number}") for number in range(2, 7)]
    room.connections.restart(lines[0].connection)
    newest = room.open("198.51.100.9")
    assert (answered.ended, newest.ended) == ("", "")
    assert [line.ended for line in lines] == ["", "aborted", "", "", ""]


def test_connections_of_a_proxy_are_many_people_s(room):
    assert not any(room.open("127.0.0.1", "answered").ended for _ in range(6))
    assert room.open("127.0.0.1").ended
    everywhere = Room(Bounds(connections=6, per_address=1, proxies=("*",)))
    assert not any(everywhere.open("10.0.0.1", "answered").ended for _ in range(6))


def test_headers_that_do_not_come_are_waited_for_no_longer(room):
    line = room.open()
    room.pass_s(10)
    assert not line.ended
    room.pass_s(0.1)
    assert line.ended == "closed"
    assert b" 408 " in line.written
    assert len(room.connections) == 0


def test_a_body_has_more_time_for_each_byte_that_has_come(room):
    line = room.open(state="sending")
    line.connection.count_bytes(500)
    room.pass_s(25)
    assert not line.ended
    room.pass_s(0.1)
    assert line.ended == "aborted"


def test_an_answer_takes_as_long_as_it_takes(room):
    line = room.open(state="answered")
    room.pass_s(86_400)
    assert not line.ended


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        (("203.0.113.5", 1), "203.0.113.5"),
        (("::ffff:203.0.113.5", 1, 0, 0), "203.0.113.5"),
        (("2001:db8:1:2:3:4:5:6", 1, 0, 0), "2001:db8:1:2::"),
        (("fe80::1%eth0", 1, 0, 2), "fe80::"),
        (("::1", 1, 0, 0), "::1"),
        ("/run/app.sock", ""),
        (None, ""),
    ],
)
def test_a_line_counts_as_one_address_however_many_it_has(peer, address):
    assert address_of(peer) == address


def test_proxies_are_those_that_uvicorn_trusts_and_this_machine():
    assert networks("10.0.0.0/8, unix:, 192.0.2.1") == (*LOOPBACK, "10.0.0.0/8", "192.0.2.1")
    assert networks(["*"]) == (*LOOPBACK, "*")


async def echo(request: Request):
    try:
        return PlainTextResponse(str(len(await request.body())))
    except ClientDisconnect:
        return PlainTextResponse("left")


@contextmanager
def served(bounds, http):
    """A real server over one route, guarded after it began to serve; yields its port and its connections."""
    app = Starlette(routes=[Route("/", echo, methods=["GET", "POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=0, http=http, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    connections = Connections(bounds)
    guard(server, connections)
    try:
        yield server.servers[0].sockets[0].getsockname()[1], connections
    finally:
        connections.close_soon()
        server.should_exit = True
        thread.join()


QUICK = Bounds(connections=8, per_address=8, headers_s=0.2, body_s=0.2, bytes_per_s=1e6)


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (b"", b"408"),
        (b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: ", b"408"),
        (b"GET / HTTP/1.1\r\nhost: x\r\n\r\nGET / HTT", b"408"),
        (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nx", b""),
    ],
)
def test_half_a_request_is_not_waited_for_by_the_real_server(sent, told):
    with served(QUICK, "h11") as (port, _), socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(sent)
        received = b""
        while piece := line.recv(4096):
            received += piece
        assert told in received


def test_idle_connections_do_not_keep_a_request_out_of_the_real_server():
    patient = Bounds(connections=8, per_address=8)
    with served(patient, "h11") as (port, connections), ExitStack() as idle:
        for _ in range(20):
            idle.enter_context(socket.create_connection(("127.0.0.1", port)))
        assert httpx.post(f"http://127.0.0.1:{port}/", content=b"x" * 300_000).text == "300000"
        assert len(connections) <= 8
