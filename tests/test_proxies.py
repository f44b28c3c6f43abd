"""Whatever the environment says about proxies, every client here can read it, and this machine is asked directly."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import httpx2
import pytest

from deepseek_space import proxies
from deepseek_space.errors import UsageError

NOBODY = "http://127.0.0.1:9"
OF_THIS_MACHINE = "localhost,127.0.0.1,::1"


def settled(environ: dict[str, str], host: str = "127.0.0.1", **options: object) -> dict[str, str]:
    proxies.normalise(environ, host=host, **({"ask_system": dict} | options))
    return environ


@pytest.fixture
def this_machine() -> Iterator[str]:
    """The address of a server here that answers 204."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("library", [httpx, httpx2], ids=["Gradio's", "the Hub's"])
@pytest.mark.parametrize(
    "environ",
    [
        {"http_proxy": NOBODY},
        {"HTTP_PROXY": "127.0.0.1:9", "NO_PROXY": "[::1]"},
        {"HTTP_PROXY": NOBODY, "NO_PROXY": "[::1]:8080, fe80::/10 é.org;host:port"},
        {"ALL_PROXY": "socks5://127.0.0.1:9"},
        {"http_proxy": " ", "NO_PROXY": "[::1]"},
    ],
    ids=str,
)
def test_the_page_reaches_itself(environ, library, this_machine: str, monkeypatch: pytest.MonkeyPatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in settled(environ).items():
        monkeypatch.setenv(name, value)
    with library.Client(verify=False) as client:
        assert client.get(this_machine).status_code == 204


@pytest.mark.parametrize("host", ["192.168.1.5", "my-server", "fe80::1"])
def test_where_the_page_listens_is_asked_directly_too(host: str):
    assert settled({"http_proxy": NOBODY}, host)["no_proxy"] == f"{OF_THIS_MACHINE},{host}"


def test_what_is_excepted_stays_so_in_both_spellings():
    found = settled({"http_proxy": NOBODY, "NO_PROXY": "not this", "no_proxy": ".example.org, 10.0.0.0/8,h:80,*"})
    assert found["no_proxy"] == found["NO_PROXY"] == f".example.org,10.0.0.0/8,h:80,*,{OF_THIS_MACHINE}"


def test_without_a_proxy_nothing_is_added():
    assert settled({}) == {}
    assert settled({"HTTP_PROXY": "", "PATH": "/bin"}) == {"PATH": "/bin"}


def test_the_proxy_of_the_system_holds_where_the_environment_names_none():
    system = {"https": "http://proxy:1", "ftp": "http://proxy:2"}
    found = settled({}, ask_system=lambda: system)
    assert (found["https_proxy"], found["no_proxy"]) == ("http://proxy:1", OF_THIS_MACHINE)
    assert "ftp_proxy" not in found
    assert "https_proxy" not in settled({"http_proxy": NOBODY}, ask_system=lambda: system)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("socks4://host:1", "'socks4://host:1'"),
        ("http://ada:secret@host:port", "'host:port'"),
        ("http://", "'http://'"),
        ("http://[bad", "'http://[bad'"),
    ],
)
def test_a_proxy_that_nobody_can_use_is_named_without_its_password(url: str, shown: str):
    with pytest.raises(UsageError) as refused:
        settled({"HTTPS_PROXY": url})
    assert str(refused.value).startswith(f"HTTPS_PROXY is {shown}, which is no proxy that this app can use.")
    assert "secret" not in str(refused.value)


def test_a_socks_proxy_without_what_it_takes_says_what_to_install():
    with pytest.raises(UsageError, match=r"SOCKS proxy, and Python needs socksio and pysocks.*pip install socksio"):
        settled({"ALL_PROXY": "socks5://host:1"}, has_module=lambda _name: None)
