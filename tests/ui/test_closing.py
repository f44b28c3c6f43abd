"""An app that is asked to end takes on nothing new, and lets be told what it has begun to say."""

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from deepseek_space.ui.closing import Closing, WorkGate


@pytest.fixture
def closing():
    return Closing()


@pytest.fixture
def client(closing):
    page = Starlette(routes=[Route("/{path:path}", lambda _: told(closing), methods=["GET", "POST"])])
    return TestClient(WorkGate(page, closing=closing))


def told(closing):
    return PlainTextResponse(str(closing.num_answers))


WORK = ["/gradio_api/queue/join", "/gradio_api/call/chat", "/v1/chat/completions"]


@pytest.mark.parametrize("path", WORK)
def test_new_work_is_refused_in_words_once_the_end_has_begun(client, closing, path):
    assert client.post(path).text == "1"
    closing.begin()
    refused = client.post(path)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "10")
    assert "about to be restarted" in refused.text
    assert "即将重启" in client.post(path, headers={"accept-language": "zh-CN"}).text


def test_programs_are_told_in_their_own_form(client, closing):
    closing.begin()
    assert client.post("/v1/chat/completions").json()["error"]["type"] == "server_error"
    assert isinstance(client.post("/gradio_api/queue/join").json()["detail"], str)


@pytest.mark.parametrize("path", ["/gradio_api/queue/data", "/gradio_api/call/chat/1"])
def test_an_answer_is_fetched_and_counted_to_its_end(client, closing, path):
    closing.begin()
    assert client.get(path).text == "1"
    assert closing.num_answers == 0


@pytest.mark.parametrize("path", ["/", "/gradio_api/cancel", "/gradio_api/heartbeat/x", "/v1/models"])
def test_what_is_no_answer_is_neither_counted_nor_refused(client, closing, path):
    closing.begin()
    assert client.get(path).text == "0"
    assert client.post("/gradio_api/cancel").text == "0"
