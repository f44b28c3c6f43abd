"""The app as its own process, where people put it: on a Space, behind a share link, and at its end."""

import json
import socket
import stat
from contextlib import ExitStack, contextmanager

import httpx
import psutil
import pytest
from gradio.tunneling import BINARY_FILENAME

from app_process import CLONE, running_app

FAKE = ("--model", "fake", "--port", "0")
SPACE = {
    "SYSTEM": "spaces",
    "SPACE_ID": "ada/space",
    "SPACE_HOST": "ada-space.hf.space",
    "SPACE_AUTHOR_NAME": "ada",
    "SPACE_REPO_NAME": "space",
    "GRADIO_SERVER_NAME": "0.0.0.0",
}
RELOAD_PORT = 7887  # where Gradio lets the platform send new source to a Space


def address(app):
    return app.wait_for(r"open at (http\S+)").group(1)


def is_listened_on(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def question(words):
    return {"messages": [{"role": "user", "content": words}], "stream": True, "max_tokens": 4000}


@contextmanager
def asked(url, words):
    """Ask a question, and yield the lines of its answer once it has begun."""
    with httpx.stream("POST", f"{url}v1/chat/completions", json=question(words), timeout=60) as answer:
        lines = (line for line in answer.iter_lines() if line)
        next(lines)
        yield lines


def test_a_space_is_reached_from_outside_and_its_end_lets_answers_finish_and_takes_on_no_more():
    with running_app(*FAKE, "--drain", "60", environ=SPACE) as app:
        url = address(app)
        outside = f"http://127.0.0.2:{httpx.URL(url).port}/config"
        assert httpx.get(outside, headers={"host": SPACE["SPACE_HOST"]}).json()["title"] == "DeepSeek Space"
        assert not is_listened_on(RELOAD_PORT)
        assert httpx.get(f"{url}readyz").json() == {"status": "ready"}
        with asked(url, "table please") as lines:
            app.terminate()
            app.wait_for("Ending")
            assert httpx.get(f"{url}healthz").status_code == 200
            assert httpx.get(f"{url}readyz").json()["status"] == "closing"
            refused = httpx.post(f"{url}v1/chat/completions", json=question("hello"))
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "10")
            assert list(lines)[-1] == "data: [DONE]"
        assert app.wait_until_ended() == 0
        assert not [line for line in app.printed if "Traceback" in line or "Invalid file descriptor" in line]


def test_many_answers_without_an_end_and_many_pages_do_not_hold_the_app():
    with running_app(*FAKE, "--drain", "0") as app, ExitStack() as readers:
        url = address(app)
        answers = [readers.enter_context(asked(url, "endless")) for _ in range(20)]
        for number in range(20):
            page = readers.enter_context(httpx.stream("GET", f"{url}gradio_api/heartbeat/{number}", timeout=60))
            next(page.iter_raw())
        app.terminate()
        for lines in answers:
            *_, last = lines
            assert "shutting down" in json.loads(last.removeprefix("data: "))["error"]["message"]
        assert app.wait_until_ended() == 0
        assert not [line for line in app.printed if "Traceback" in line or "did not end in time" in line]


TUNNEL = """#!/bin/sh
echo "start proxy success: https://0123456789abcdef01.gradio.live"
exec sleep 600
"""
SHARED = "0123456789abcdef01.gradio.live"


@pytest.fixture
def tunnel(tmp_path):
    """The environment in which Gradio finds a program that says it is a tunnel."""
    program = tmp_path / "gradio" / "frpc" / BINARY_FILENAME
    program.parent.mkdir(parents=True)
    program.write_text(TUNNEL)
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    return {"HF_HOME": str(tmp_path), "GRADIO_SHARE_SERVER_ADDRESS": "127.0.0.1:9"}


def test_a_shared_app_says_its_link_and_answers_under_its_name(tunnel):
    with running_app(*FAKE, "--share", environ=tunnel) as app:
        assert address(app) == f"https://{SHARED}"
        app.wait_for(f"Public link: https://{SHARED}")
        app.wait_for("--auth NAME:PASSWORD")
        url = f"http://127.0.0.1:{listening_port(app.process_id)}/"
        headers = {"host": SHARED, "origin": f"https://{SHARED}", "x-forwarded-for": "203.0.113.5"}
        with httpx.Client(base_url=url, headers=headers) as reader:
            assert reader.get("/").status_code == 200
            assert reader.get("/config").json()["root"].endswith(SHARED)
            assert reader.post("/gradio_api/upload", files={"files": ("a.txt", b"text")}).status_code == 200
            said = reader.post("/v1/chat/completions", json={**question("hello"), "stream": False})
            assert said.json()["choices"][0]["message"]["content"]
            for site in ("same-origin", "none"):
                sent = reader.post("/gradio_api/call/status", json={"data": []}, headers={"sec-fetch-site": site})
                assert sent.status_code == 200


def listening_port(process_id):
    """The port that a process listens on, as the system knows it."""
    (port,) = {
        connection.laddr.port
        for connection in psutil.Process(process_id).net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    return port


def with_few_files(most):
    """The app as a program that may hold no more than so many files and connections open."""
    return ("sh", "-c", 'ulimit -n "$0" && exec "$@"', str(most), *CLONE)


def test_too_few_files_are_said_before_anything_is_loaded():
    with running_app(*FAKE, program=with_few_files(64)) as app:
        assert app.wait_until_ended() == 2
        assert "ulimit -n 1024" in "".join(app.printed)
        assert "Traceback" not in "".join(app.printed)


def test_idle_connections_do_not_end_the_page():
    with running_app(*FAKE, program=with_few_files(256)) as app, ExitStack() as idle:
        url = address(app)
        port = httpx.URL(url).port
        for _ in range(400):
            idle.enter_context(socket.create_connection(("127.0.0.1", port)))
        assert httpx.get(f"{url}config").json()["title"] == "DeepSeek Space"
        with asked(url, "hello") as lines:
            assert list(lines)[-1] == "data: [DONE]"
        app.terminate()
        app.wait_until_ended()
        assert not [line for line in app.printed if "Too many open files" in line]
