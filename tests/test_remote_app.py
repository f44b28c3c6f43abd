"""The app with a model elsewhere, as its own process: asked by a program, with a key, and without torch."""

from pathlib import Path

import openai
import pytest
from gradio_client import Client

from app_process import running_app
from openai_server import card, openai_server, spoken

KEY = "sk-secret-0123456789"


@pytest.fixture(scope="module")
def server():
    with openai_server(card("deepseek-ai/DeepSeek-R1", max_model_len=65_536), card("other")) as server:
        server.says(spoken("Six sevens.\n</think>\n\n42"))
        yield server


@pytest.fixture(scope="module")
def app(server):
    flags = ("--remote", server.url, "--model", "deepseek-ai/DeepSeek-R1", "--port", "0", "--log-level", "debug")
    with running_app(*flags, environ={"DEEPSEEK_SPACE_REMOTE_KEY": KEY}) as app:
        app.url = app.wait_for(r"open at (http\S+)")[1].rstrip("/")
        yield app


def test_a_program_is_answered_by_the_model_elsewhere(app, server):
    client = Client(app.url, verbose=False)
    assert client.predict("What is 6 × 7?", show_thoughts=True, api_name="/chat") == (
        "<think>\nSix sevens.\n</think>\n\n42"
    )
    assert server.asked[-1].headers["Authorization"] == f"Bearer {KEY}"
    assert server.asked[-1].body["temperature"] == 0.6  # as recommended for R1
    status = client.predict(api_name="/status")
    assert (status["model"], status["device"], status["state"]) == ("DeepSeek R1", f"remote: {server.host}", "ready")


def test_openai_s_client_is_answered_by_it_too(app, server):
    with openai.OpenAI(base_url=f"{app.url}/v1", api_key="none", max_retries=0) as client:
        (model,) = client.models.list()
        assert (model.id, model.max_model_len) == ("DeepSeek R1", 65_536)
        question = [{"role": "user", "content": "What is 6 × 7?"}]
        message = client.chat.completions.create(model=model.id, messages=question).choices[0].message
    assert (message.reasoning_content, message.content) == ("Six sevens.", "42")


def test_the_key_is_not_told(app):
    assert not any(KEY in line for line in app.printed)
    assert KEY not in str(Client(app.url, verbose=False).config)


def test_torch_is_not_loaded(app):
    libraries = Path(f"/proc/{app.process_id}/maps")
    if libraries.exists():
        assert "libtorch" not in libraries.read_text()
