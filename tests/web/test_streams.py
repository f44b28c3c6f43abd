"""No proxy may collect what is being told as it happens; everything else it may."""

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from deepseek_space.web.streams import Unbuffered


def test_streams_of_events_say_that_they_must_not_be_collected():
    def stream(_):
        return StreamingResponse(iter(["data: 1\n\n"]), media_type="text/event-stream")

    page = Starlette(routes=[Route("/stream", stream), Route("/text", lambda _: PlainTextResponse("text"))])
    client = TestClient(Unbuffered(page))
    headers = client.get("/stream").headers
    assert headers["x-accel-buffering"] == "no"
    assert "no-transform" in headers["cache-control"]
    assert "x-accel-buffering" not in client.get("/text").headers
