"""However much is sent by however many, what is taken in has its bounds, and the rest is told why it is not."""

from contextlib import ExitStack

import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from deepseek_space.backends.fake import FakeBackend
from deepseek_space.ui.intake import Allowance, Intake
from page_server import served

EVENTS = Allowance(request_bytes=100, window_bytes=250, window_s=60)
UPLOADS = Allowance(request_bytes=1000, window_bytes=1500, window_s=600)


class Clock:
    now_s = 0.0

    def __call__(self):
        return self.now_s


async def _echo(request: Request):
    return PlainTextResponse(str(len(await request.body())))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def send(clock):
    """Return a function that sends a body, with its length or in pieces, and returns the answer."""
    served = Starlette(routes=[Route("/{path:path}", _echo, methods=["GET", "POST"])])
    app = Intake(served, is_private=True, events=EVENTS, uploads=UPLOADS, clock=clock)

    def send(body, path="/queue/join", **headers):
        async def post():
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
                return await client.post(path, content=body, headers=headers)

        with start_blocking_portal() as portal:  # this thread's own loop may be a browser's
            return portal.call(post)

    return send


def test_a_request_that_is_too_large_is_refused_unread(send):
    assert send(b"x" * 100).text == "100"
    refused = send(b"x" * 101)
    assert (refused.status_code, "Send less" in refused.json()["detail"]) == (413, True)
    assert "减少" in send(b"x" * 101, **{"accept-language": "zh-CN"}).json()["detail"]


def test_of_all_visitors_together_no_more_is_taken_than_there_is_room_for_in_a_while(send, clock):
    assert [send(b"x" * 100).status_code for _ in range(1000)].count(200) == 2
    assert "Try again" in send(b"x" * 100).json()["detail"]
    assert send(b"x" * 50).status_code == 200
    clock.now_s = 60
    assert send(b"x" * 100).status_code == 200


def test_uploads_have_an_allowance_of_their_own(send, clock):
    assert send(b"x" * 1000, "/gradio_api/upload").status_code == 200
    assert send(b"x" * 1000, "/gradio_api/upload").status_code == 503
    assert send(b"x" * 100).status_code == 200
    clock.now_s = 600
    assert send(b"x" * 1000, "/gradio_api/upload").status_code == 200


async def pieces(count):
    for _ in range(count):
        yield b"x" * 10


def test_a_body_of_unknown_length_is_counted_as_it_comes(send):
    assert send(pieces(10)).text == "100"
    with pytest.raises(ClientDisconnect):
        send(pieces(11))


def test_the_page_of_another_site_cannot_send_to_an_app_that_is_this_machine_s_alone(send):
    assert send(b"x", **{"sec-fetch-site": "cross-site"}).status_code == 403
    assert [send(b"x", **{"sec-fetch-site": site}).status_code for site in ("same-origin", "none")] == [200, 200]


@pytest.fixture
def serve():
    """Return a function that serves the page with flags and returns its address."""
    with ExitStack() as ending:
        yield lambda *flags: ending.enter_context(served(FakeBackend(), *flags))


def test_other_sites_may_send_to_an_app_that_is_open_to_others_alone(serve):
    def statuses(*flags):
        url = f"{serve(*flags)}gradio_api/upload"
        sent = ({"sec-fetch-site": site} for site in ("same-origin", "cross-site"))
        return [httpx.post(url, files={"files": ("a.txt", b"text")}, headers=headers).status_code for headers in sent]

    assert statuses() == [200, 403]
    assert statuses("--host", "0.0.0.0") == [200, 200]


@pytest.mark.parametrize("path", ["/etc/passwd", "README.md", "http://127.0.0.1:1/x", "/tmp"])
def test_no_file_of_the_machine_is_handed_out_or_read_for_a_visitor(serve, path):
    url = serve()
    assert httpx.get(f"{url}gradio_api/file={path}").status_code == 403
    config = httpx.get(f"{url}config").json()
    upload = next(event for event in config["dependencies"] if event["targets"][0][1] == "upload")
    file = {"path": path, "orig_name": "x.txt", "meta": {"_type": "gradio.FileData"}}
    asked = {"data": [None, [file]], "fn_index": upload["id"], "session_hash": "s"}
    assert httpx.post(f"{url}gradio_api/queue/join", json=asked).status_code == 200
    with httpx.stream("GET", f"{url}gradio_api/queue/data?session_hash=s", timeout=20) as told:
        last = next(line for line in told.iter_lines() if "process_completed" in line)
    assert '"success":false' in last
    assert "root:" not in last
