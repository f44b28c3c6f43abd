"""Every answer tells browsers what its page may do; ``tests/browser/test_page_policy.py`` tries the page itself."""

import re

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from deepseek_space.settings import read_settings
from deepseek_space.ui.gate.layers import layers
from deepseek_space.ui.gate.page_policy import PagePolicy, hash_of

NAME = "content-security-policy"


@pytest.mark.parametrize(
    "path", ["", "config", "manifest.json", "nothing", "gradio_api/file=/etc/passwd", "monitoring"]
)
def test_every_answer_has_the_headers(url, path):
    headers = httpx.get(url + path).headers
    assert "img-src 'self' data: blob:;" in headers[NAME]
    # Where set-up has not fetched the pinned libraries, these alone may be asked for elsewhere.
    own, *fetched = re.search(r"connect-src ([^;]*);", headers[NAME])[1].split()
    assert own == "'self'"
    assert all(source.startswith("https://cdn.jsdelivr.net/") for source in fetched)
    assert "frame-ancestors 'self'" in headers[NAME]
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "same-origin")
    assert headers["x-dns-prefetch-control"] == "off"


def test_no_script_is_allowed_that_the_page_did_not_bring(url):
    page = httpx.get(url)
    scripts = re.findall(rb"<script[^>]*>(.*?)</script>", page.content, re.DOTALL)
    assert len(scripts) > 3
    assert all(hash_of(script) in page.headers[NAME] for script in scripts if script)
    assert "'unsafe-inline'" not in page.headers[NAME].partition("script-src")[2].partition(";")[0]


def test_what_nobody_needs_is_not_served(url):
    assert httpx.get(f"{url}monitoring").status_code == 403
    assert httpx.get(f"{url}monitoring/summary").status_code == 403
    assert httpx.get(f"{url}openapi.json").status_code == 404


def test_a_route_may_have_a_policy_of_its_own():
    sandboxed = {NAME: "sandbox"}
    app = Starlette(
        routes=[Route("/preview", lambda _: HTMLResponse("<script>1</script>", headers=sandboxed))],
        middleware=[Middleware(PagePolicy)],
    )
    assert TestClient(app).get("/preview").headers[NAME] == "sandbox"


@pytest.mark.parametrize(
    ("flags", "environ", "framed_by"),
    [
        ([], {}, ()),
        ([], {"SPACE_ID": "ada/chat"}, ("https://huggingface.co", "https://*.huggingface.co")),
        (
            ["--framed-by", "https://a.example, http://b.example:8080"],
            {},
            ("https://a.example", "http://b.example:8080"),
        ),
    ],
)
def test_the_hub_may_frame_a_space_and_nobody_else_but_whom_the_operator_names(flags, environ, framed_by):
    layer = next(layer for layer in layers(read_settings(flags, environ)) if layer.cls is PagePolicy)
    assert layer.kwargs["framed_by"] == framed_by
