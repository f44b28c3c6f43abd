"""However much is sent by however many, what is taken in has its bounds, and the rest is told why it is not."""

import json
import re

import anyio
import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.ui.gate.request_limits import EVENT_BYTES, SMALL_BYTES, Bounds, RequestLimits
from deepseek_space.web.budget import Allowance
from page_server import served

EVENTS = "/gradio_api/queue/join"
UPLOADS = "/gradio_api/upload"
KB = 2**10
BOUNDS = Bounds(
    events=Allowance(of_one=3 * 64 * KB, of_all=4 * 64 * KB, window_s=60),
    uploads=Allowance(of_one=2 * 64 * KB, of_all=3 * 64 * KB, window_s=600),
)


class Clock:
    now_s = 0.0

    def __call__(self):
        return self.now_s


async def _echo(request: Request):
    return PlainTextResponse(str(len(await request.body())))


@pytest.fixture
def clock():
    return Clock()


def limited(**limits):
    """An app that tells how much it was sent, behind the limits."""
    routes = [Route("/{path:path}", _echo, methods=["GET", "POST"])]
    return Starlette(routes=routes, middleware=[Middleware(RequestLimits, **limits)])


@pytest.fixture
def app(clock):
    return limited(bounds=BOUNDS, clock=clock)


def sender(app):
    """Return a function that sends a body from an address, with its length or in pieces, and returns the answer."""

    def send(body, path=EVENTS, address="192.0.2.1", **headers):
        async def post():
            transport = httpx.ASGITransport(app, client=(address, 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
                return await client.post(path, content=body, headers=headers)

        with start_blocking_portal() as portal:  # this thread's own loop may be a browser's
            return portal.call(post)

    return send


@pytest.fixture
def send(app):
    return sender(app)


FULL = b"x" * 64 * KB


@pytest.mark.parametrize(
    "path", ["/gradio_api/cancel", "/gradio_api/reset", "/login", "/gradio_api/call", "/what/upload"]
)
def test_what_is_no_event_and_no_file_is_short(send, path):
    assert send(b"x" * SMALL_BYTES, path).text == str(SMALL_BYTES)
    refused = send(b"x" * (SMALL_BYTES + 1), path)
    assert (refused.status_code, "Send less" in refused.json()["detail"]) == (413, True)
    assert "减少" in send(b"x" * (SMALL_BYTES + 1), path, **{"accept-language": "zh-CN"}).json()["detail"]


def test_an_event_has_room_for_the_longest_message_and_no_more():
    roomy = sender(limited())
    assert roomy(b"x" * EVENT_BYTES, "/gradio_api/call/upload").status_code == 200
    assert roomy(b"x" * (EVENT_BYTES + 1), "/gradio_api/call/upload").status_code == 413
    message = json.dumps({"data": ["\u6570" * 400_000]})
    assert len(message) < EVENT_BYTES


@pytest.mark.parametrize("body", [b"{}," * 100_001, b"[" * 100_001, b'"",' * 100_001, b'"a":' * 100_001])
def test_a_short_text_of_very_many_things_is_refused_unparsed(body):
    assert sender(limited())(body).status_code == 413


def test_a_history_of_ten_thousand_messages_is_taken():
    history = [{"role": "user", "content": 'say "a", [b], {c}'}] * 10_000
    assert sender(limited())(json.dumps(history).encode(), "/gradio_api/call/chat").status_code == 200


def test_of_one_address_no_more_is_taken_than_there_is_room_for_in_a_while(send, clock):
    assert [send(FULL).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    refused = send(FULL)
    assert "Try again" in refused.json()["detail"]
    clock.now_s = float(refused.headers["retry-after"])
    assert send(FULL).status_code == 200


def test_of_all_addresses_together_there_is_a_bound_too(send, clock):
    statuses = [send(FULL, address=f"192.0.2.{number}").status_code for number in range(6)]
    assert statuses == [200] * 4 + [503] * 2
    clock.now_s = 60
    assert send(FULL).status_code == 200


def test_uploads_have_an_allowance_of_their_own(send, clock):
    assert [send(FULL, UPLOADS).status_code for _ in range(3)] == [200, 200, 429]
    assert "Try again" in send(FULL, UPLOADS).text
    assert send(FULL).status_code == 200
    clock.now_s = 600
    assert send(FULL, UPLOADS).status_code == 200


async def pieces(count):
    for _ in range(count):
        yield b"x" * KB


def test_a_body_of_unknown_length_is_counted_as_it_comes(send):
    assert send(pieces(64), "/gradio_api/reset").text == str(64 * KB)
    assert send(pieces(65), "/gradio_api/reset").status_code == 413
    assert send(pieces(129), UPLOADS).status_code == 429


def asked(app, path, address, receive, **headers):
    """Ask ``app`` as a server does; returns the status, None while there is none."""
    statuses = []

    async def told(message):
        statuses.append(message.get("status"))

    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "client": (address, 1)}
    scope["headers"] = [(name.encode(), value.encode()) for name, value in headers.items()]
    return app(scope, receive, told), statuses


async def never():
    await anyio.sleep_forever()


def test_what_is_declared_and_never_sent_takes_nothing_from_others(app, send):
    async def declare():
        async with anyio.create_task_group() as asking:
            for _ in range(1000):
                call, _ = asked(app, EVENTS, "203.0.113.1", never, **{"content-length": str(EVENT_BYTES)})
                asking.start_soon(lambda call=call: call)
            await anyio.sleep(0)
            asking.cancel_scope.cancel()

    with start_blocking_portal() as portal:
        portal.call(declare)
    assert [send(FULL, address=address).status_code for address in ("203.0.113.1", "192.0.2.1")] == [200, 200]


def test_halves_of_bodies_that_stay_are_bounded_and_given_back():
    app = limited(bounds=Bounds(held_of_one_bytes=100 * KB, held_of_all_bytes=150 * KB))
    half = {"type": "http.request", "body": b"x" * 40 * KB, "more_body": True}

    def halves():
        parts = [half]

        async def receive():
            if parts:
                return parts.pop()
            await anyio.sleep_forever()

        return receive

    async def hold():
        statuses = []
        async with anyio.create_task_group() as asking:
            for address in ["203.0.113.1"] * 3 + ["203.0.113.2"] * 2:
                call, told = asked(app, EVENTS, address, halves())
                asking.start_soon(lambda call=call: call)
                statuses.append(told)
                await anyio.lowlevel.checkpoint()
            await anyio.wait_all_tasks_blocked()
            asking.cancel_scope.cancel()
        return [told[0] if told else None for told in statuses]

    with start_blocking_portal() as portal:
        assert portal.call(hold) == [None, None, 503, None, 503]
        assert portal.call(hold) == [None, None, 503, None, 503]


def test_a_program_is_told_in_the_shape_that_it_reads(send):
    told = [send(FULL, "/v1/chat/completions") for _ in range(4)][-1]
    assert (told.status_code, told.json()["error"]["type"]) == (429, "rate_limit_error")
    assert int(told.headers["retry-after"]) > 0


@pytest.fixture(scope="module")
def url():
    with served(ScriptedBackend()) as url:
        yield url


def test_a_body_that_cannot_be_used_is_not_sent_back(url):
    refused = httpx.post(f"{url}gradio_api/cancel", json={"x": ["secret", {}]})
    assert refused.status_code == 422
    assert "secret" not in refused.text
    assert "session_hash" in refused.text


@pytest.mark.parametrize("path", ["/etc/passwd", "README.md", "http://127.0.0.1:1/x", "/tmp"])
def test_no_file_of_the_machine_is_handed_out_or_read_for_a_visitor(url, path):
    assert httpx.get(f"{url}gradio_api/file={path}").status_code == 403
    config = httpx.get(f"{url}config").json()
    (heard,) = (part["props"] for part in config["components"] if part["props"].get("elem_id") == "page-events")
    name = json.loads(re.search("{.*?}", heard["js_on_load"])[0])["attach"]
    attach = next(event for event in config["dependencies"] if name in (target[1] for target in event["targets"]))
    event = {"act": "attach", "text": json.dumps([path]), "number": 1}
    asked = {"data": [None], "event_data": event, "fn_index": attach["id"], "session_hash": "s"}
    assert httpx.post(f"{url}gradio_api/queue/join", json=asked).status_code == 200
    with httpx.stream("GET", f"{url}gradio_api/queue/data?session_hash=s", timeout=20) as told:
        last = next(line for line in told.iter_lines() if "process_completed" in line)
    assert "ds-file" not in last
    assert "root:" not in last
