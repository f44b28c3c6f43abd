"""A private page is not at home under a name that somebody else has pointed to this machine."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.ui.gate.trusted_hosts import TrustedHosts
from page_server import served


@pytest.fixture
def get():
    """Return a function that asks for the page under a name, and returns the answer."""
    page = Starlette(routes=[Route("/", lambda _: PlainTextResponse("the page"))])
    client = TestClient(TrustedHosts(page, names=["Chat.example.org"]))
    return lambda host, **headers: client.get("/", headers={"host": host, **headers})


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:7860",
        "localhost",
        "LOCALHOST:7860",
        "a.localhost",
        "[::1]:7860",
        "192.168.1.5",
        "chat.example.org:443",
    ],
)
def test_an_address_localhost_and_a_trusted_name_are_answered(get, host):
    assert get(host).text == "the page"


@pytest.mark.parametrize(
    "host",
    ["evil.example:7860", "localhost.evil.example", "127.0.0.1.evil.example", "[::1", "a b", "chat.example.org.evil"],
)
def test_another_name_is_refused_and_the_way_out_is_said(get, host):
    refused = get(host)
    assert refused.status_code == 403
    assert host in refused.text
    assert "--trusted-host" in refused.text
    assert "本机" in get(host, **{"accept-language": "zh-CN"}).text


@pytest.mark.parametrize(("flags", "status"), [((), 403), (("--trusted-host", "evil.example"), 200)])
def test_the_page_itself_looks_at_the_name(flags, status):
    with served(ScriptedBackend(), *flags) as url:
        assert httpx.get(url, headers={"host": "evil.example"}).status_code == status
