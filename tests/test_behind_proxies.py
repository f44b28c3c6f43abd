"""Behind real nginx and real Caddy, with their examples: all that a page and a program ask for, under its prefix."""

import json
import re

import httpx
import pytest
from gradio_client import Client

from app_process import running_app
from proxy_process import running_proxy

NAME = "example.org"
EXAMPLES = ["nginx-stripped.conf", "nginx-kept.conf", "stripped.Caddyfile", "kept.Caddyfile"]
PAGE_CONFIG = re.compile(r"window\.gradio_config = (\{.*?\});</script>", re.DOTALL)


@pytest.fixture(scope="module")
def app_port():
    with running_app("--model", "fake", "--port", "0", "--root-path", "/ai", "--trusted-host", NAME) as app:
        yield httpx.URL(app.wait_for(r"open at (http\S+)").group(1)).port


@pytest.fixture(scope="module", params=EXAMPLES)
def url(request, app_port, tmp_path_factory):
    with running_proxy(request.param, app_port, tmp_path_factory.mktemp("proxy")) as url:
        yield url


@pytest.fixture
def reader(url):
    with httpx.Client(base_url=url, headers={"host": NAME}, timeout=60) as reader:
        yield reader


def test_the_page_knows_where_it_is_and_speaks_the_reader_s_language(reader):
    page = reader.get("", headers={"accept-language": "zh-CN"})
    assert (page.status_code, page.headers["content-language"]) == (200, "zh-CN")
    assert json.loads(PAGE_CONFIG.search(page.text)[1])["root"] == f"http://{NAME}/ai"


def test_the_way_to_the_page_needs_no_slash(reader):
    answer = reader.get(str(reader.base_url).removesuffix("/"))
    assert answer.is_redirect
    assert httpx.URL(answer.headers["location"]).path == "/ai/"


def test_manifest_icons_and_styles_are_under_the_prefix(reader):
    icons = reader.get("manifest.json").json()["icons"]
    assert icons
    for icon in icons:
        assert reader.get(icon["src"]).headers["content-type"] == "image/png"
    assert reader.get("theme.css").headers["content-type"].startswith("text/css")


def test_text_is_compressed_once(reader):
    for path in ("", "config", "theme.css", "manifest.json"):
        answer = reader.get(path, headers={"accept-encoding": "gzip"})
        assert answer.headers.get("content-encoding") == "gzip" or int(answer.headers["content-length"]) < 1024, path
        assert answer.text.lstrip()[0] in "<{:"  # once unpacked, it is text


def test_programs_find_models_figures_and_health(reader):
    assert reader.get("v1/models").json()["data"][0]["id"] == "fake"
    assert "deepseek_space_model_ready" in reader.get("metrics").text
    assert reader.get("healthz").json() == {"status": "alive"}
    assert reader.get("readyz").json() == {"status": "ready"}


def running(reader):
    return float(re.search(r"^deepseek_space_running_requests (\S+)$", reader.get("metrics").text, re.MULTILINE)[1])


def test_an_answer_arrives_while_it_is_being_written(reader):
    asked = {"messages": [{"role": "user", "content": "endless"}], "stream": True, "max_tokens": 4000}
    with reader.stream("POST", "v1/chat/completions", json=asked, headers={"accept-encoding": "gzip"}) as answer:
        said = (line for line in answer.iter_lines() if line.startswith("data: "))
        next(said)
        assert "content-encoding" not in answer.headers
        assert running(reader) == 1
        next(said)
    while running(reader):
        pass  # a reader who leaves ends the answer, also through a proxy


def test_gradio_s_own_client_chats_through_it(url):
    pieces = Client(url, verbose=False).submit("fibonacci", api_name="/chat")
    assert "def fibonacci" in pieces.result()
    assert len(pieces.outputs()) > 3
