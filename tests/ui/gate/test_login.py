"""Where a password is asked for, nothing of a stranger is read, parsed or echoed; and who is let in is let in."""

import socket
from urllib.parse import urlsplit

import httpx
import pytest

from deepseek_space.backends.scripted.backend import ScriptedBackend
from page_server import served

RIGHT = {"username": "ada", "password": "пароль:1"}


@pytest.fixture(scope="module")
def url():
    with served(ScriptedBackend(), "--auth", ":".join(RIGHT.values())) as url:
        yield url


@pytest.mark.parametrize(
    "route",
    [
        "cancel",
        "reset",
        "queue/join",
        "call/chat",
        "run/predict",
        "api/predict",
        "stream/x",
        "component_server",
        "upload",
        "vibe-edit",
        "what",
    ],
)
def test_a_stranger_is_refused_before_his_body_has_come(url, route):
    address = urlsplit(url)
    head = f"POST /gradio_api/{route} HTTP/1.1\r\nhost: {address.netloc}\r\ncontent-type: application/json\r\n"
    with socket.create_connection((address.hostname, address.port), timeout=60) as line:
        line.sendall(f"{head}content-length: 3000000\r\n\r\n".encode())  # and not a byte of it
        answer = line.recv(65536)
    assert answer.startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize("path", ["gradio_api/queue/data?session_hash=s", "gradio_api/heartbeat/s", "gradio_api/info"])
def test_nor_may_he_listen(url, path):
    assert httpx.get(url + path, timeout=60).status_code == 401


@pytest.mark.parametrize("path", ["", "manifest.json", "theme.css", "gradio_api/startup-events", "icons/icon-192.png"])
def test_the_page_that_asks_for_the_password_is_for_all(url, path):
    assert httpx.get(url + path).status_code == 200


def test_who_gives_the_password_is_let_in(url):
    with httpx.Client(base_url=url) as visitor:
        entered = visitor.post("login", data=RIGHT)
        assert entered.json() == {"success": True}
        cookies = entered.headers.get_list("set-cookie")
        assert len(cookies) == 2
        assert all("SameSite=Lax" in cookie and "HttpOnly" in cookie for cookie in cookies)
        asked = {"session_hash": "s", "fn_index": 0, "event_id": "e"}
        assert visitor.post("gradio_api/cancel", json=asked).json() == {"success": True}
        assert visitor.get("config").status_code == 200
