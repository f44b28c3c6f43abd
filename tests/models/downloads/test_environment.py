"""The Hub is asked as the environment says: through which proxy, or not at all.

That HF_ENDPOINT is asked is tested with two processes, in ``test_delivery.py``: it is read at import.
"""

import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from huggingface_hub import close_session, constants

from deepseek_space import proxies
from deepseek_space.errors import NoNetwork
from deepseek_space.models.downloads.download import Hub, fetch
from fake_hub import FakeHub
from hub_machine import REPO, Machine, checkpoint, hub_machine

ELSEWHERE = "hub.invalid"  # no name server knows it


class Proxy:
    """Passes on what is asked of ELSEWHERE to a server here, and lets nothing else through."""

    def __init__(self, hub: FakeHub) -> None:
        self.hub = hub
        self.asked: list[str] = []
        self.url = ""


class _Handler(BaseHTTPRequestHandler):
    proxy: Proxy

    def log_message(self, *_: object) -> None:
        pass

    def do_CONNECT(self) -> None:
        self.proxy.asked.append(self.path)
        self.send_error(502)

    def do_GET(self) -> None:
        self.proxy.asked.append(self.path)
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(self.path.replace(f"http://{ELSEWHERE}", self.proxy.hub.url)) as answer:
            content = answer.read()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with hub_machine(tmp_path) as machine:
        yield machine


@pytest.fixture
def proxy(machine: Machine) -> Iterator[Proxy]:
    handler = type("Handler", (_Handler,), {"proxy": Proxy(machine.server)})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        handler.proxy.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield handler.proxy
        server.shutdown()


@pytest.fixture
def settle(monkeypatch: pytest.MonkeyPatch) -> Iterator:
    """Return what has the environment hold, as the app would leave it, for clients that are made from here on."""

    def settle(**environ: str) -> None:
        for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(name.upper(), raising=False)
        proxies.normalise(environ, ask_system=dict)
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        close_session()

    yield settle
    close_session()


def test_the_proxy_of_the_environment_is_asked(machine: Machine, proxy: Proxy, settle):
    settle(HTTP_PROXY=proxy.url)
    hub = Hub(endpoint=f"http://{ELSEWHERE}", cache_dir=machine.cache, patience=machine.hub.patience)
    folder = fetch(REPO, hub=hub, progress=machine.events.append)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == checkpoint()
    assert len(proxy.asked) > len(checkpoint())


@pytest.mark.parametrize(("excepted", "asked"), [("", [f"{ELSEWHERE}:443"]), (f"[::1], {ELSEWHERE}", [])])
def test_but_not_for_what_is_excepted(machine: Machine, proxy: Proxy, settle, excepted: str, asked: list[str]):
    settle(HTTPS_PROXY=proxy.url, NO_PROXY=excepted)
    hub = Hub(endpoint=f"https://{ELSEWHERE}", cache_dir=machine.cache, patience=machine.hub.patience)
    with pytest.raises(NoNetwork, match="the Hub cannot be reached"):
        fetch(REPO, hub=hub, progress=machine.events.append)
    assert sorted(set(proxy.asked)) == asked


def test_offline_nobody_is_asked_and_what_is_here_is_used(machine: Machine, monkeypatch: pytest.MonkeyPatch):
    folder = machine.fetch()
    calls = len(machine.server.api_calls)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert machine.fetch() == folder
    assert len(machine.server.api_calls) == calls
