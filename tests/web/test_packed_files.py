"""Files that may be kept for good are packed once; nothing else is touched."""

import brotli
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from deepseek_space.web import packed_files
from deepseek_space.web.packed_files import FOR_GOOD, PackedFiles

TEXT = "const words = [];\n" * 200
ROUTES = {
    "/assets/a.js": lambda _: Response(TEXT, media_type="text/javascript"),
    "/assets/p.png": lambda _: Response(TEXT, media_type="image/png"),
    "/assets/gone.js": lambda _: PlainTextResponse("Not Found", 404),
    "/assets/soon.js": lambda _: Response(TEXT, media_type="text/javascript", headers={"cache-control": "no-cache"}),
    "/": lambda _: Response(TEXT, media_type="text/html"),
}


@pytest.fixture
def client():
    routes = [Route(path, answer) for path, answer in ROUTES.items()]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(PackedFiles, places=("/assets/",))]))


@pytest.mark.parametrize(("accepts", "coding"), [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("identity", None)])
def test_a_file_is_packed_as_the_browser_takes_it_and_kept_for_good(client, accepts, coding):
    answer = client.get("/assets/a.js", headers={"accept-encoding": accepts})
    assert (answer.text, answer.headers.get("content-encoding")) == (TEXT, coding)
    assert answer.headers["cache-control"] == FOR_GOOD


def test_it_is_packed_once(client, monkeypatch):
    packed = []
    monkeypatch.setitem(packed_files._PACKERS, "br", lambda body: packed.append(body) or brotli.compress(body))
    for _ in range(2):
        assert client.get("/assets/a.js", headers={"accept-encoding": "br"}).text == TEXT
    assert len(packed) == 1


@pytest.mark.parametrize("path", ["/assets/p.png", "/assets/gone.js", "/assets/soon.js", "/"])
def test_what_is_packed_already_or_not_to_be_kept_goes_as_it_is(client, path):
    answer = client.get(path, headers={"accept-encoding": "br"})
    assert "content-encoding" not in answer.headers


def test_what_is_not_there_is_not_to_be_kept(client):
    assert "cache-control" not in client.get("/assets/gone.js").headers
