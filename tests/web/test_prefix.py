"""Whether a proxy strips its prefix or keeps it, the app within sees the same paths."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from deepseek_space.web.prefix import Prefix


async def path(request: Request):
    return PlainTextResponse(f"{request.url.path}?{request.url.query}")


@pytest.fixture
def get():
    """Return a function that asks a page with a mounted folder, as one that FastAPI has told its root path."""
    page = Starlette(routes=[Mount("/icons", routes=[Route("/{name}", path)]), Route("/{rest:path}", path)])
    inner = Prefix(page, prefix="/ai")

    async def app(scope, receive, send):
        await inner({**scope, "root_path": "/ai"}, receive, send)

    return TestClient(app, follow_redirects=False).get


@pytest.mark.parametrize(
    ("asked", "seen"),
    [
        ("/ai/", "/?"),
        ("/", "/?"),
        ("/ai/icons/a.png", "/icons/a.png?"),
        ("/icons/a.png", "/icons/a.png?"),
        ("/ai/v1/models?x=1", "/v1/models?x=1"),
        ("/ai/ai/x", "/ai/x?"),
        ("/aix", "/aix?"),
    ],
)
def test_a_prefix_is_taken_off_once_and_only_where_it_stands(get, asked, seen):
    assert get(asked).text == seen


def test_the_bare_prefix_leads_to_the_page(get):
    assert get("/ai").headers["location"] == "/ai/"
    assert get("/ai?share=x").headers["location"] == "/ai/?share=x"
