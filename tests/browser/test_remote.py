"""A model that another server runs, on the page: its thoughts and figures, what goes wrong, and beside another one."""

import threading

import pytest
from playwright.sync_api import expect

from deepseek_space.backends.remote.backend import RemoteBackend
from deepseek_space.backends.remote.server import Server
from deepseek_space.backends.scripted.backend import ScriptedBackend
from openai_server import UNTIL_LEFT, Failure, card, delta, openai_server, spoken
from page_server import served

pytestmark = pytest.mark.browser

R1 = card("deepseek-ai/DeepSeek-R1", max_model_len=65_536)


@pytest.fixture(scope="module")
def server():
    with openai_server(R1) as server:
        yield server


@pytest.fixture(scope="module")
def url(server):
    backend = RemoteBackend(Server(url=server.url))
    with served(backend, second=ScriptedBackend(delay_s=0.004)) as url:
        backend.start()
        yield url
    backend.close()


@pytest.fixture
def chat(page_at, url):
    chat = page_at(url)
    expect(chat.page.locator("#status-line")).to_contain_text("DeepSeek R1")
    return chat


def test_thoughts_and_figures_of_a_model_elsewhere(chat, server):
    server.says([delta(reasoning_content="Six sevens."), *spoken("It is ", "42.", prompt=21, completion=9)])
    expect(chat.page.locator("#status-line")).to_contain_text(f"Runs on {server.host}")
    expect(chat.page.locator("#models-open")).to_have_count(0)
    chat.ask("What is 6 × 7?")
    chat.finish(1)
    expect(chat.page.locator("#chatbot")).to_contain_text("It is 42.")
    expect(chat.page.locator("#chatbot").get_by_text("Thoughts")).to_be_visible()
    expect(chat.page.locator("#chatbot .ds-figures")).to_contain_text("9 tokens")


def test_a_thought_that_was_shown_as_the_answer_moves_to_where_thoughts_are(page_at):
    thought_seen = threading.Event()
    with openai_server(card("my-r1", "somebody")) as server:
        server.says([delta("Six sevens.\n"), thought_seen, *spoken("</think>\n\n", "It is 42.")])
        backend = RemoteBackend(Server(url=server.url))
        backend.start()
        with served(backend) as url:
            chat = page_at(url)
            chat.ask("What is 6 × 7?")
            expect(chat.page.locator("#chatbot")).to_contain_text("Six sevens.")
            expect(chat.page.locator("#chatbot").get_by_text("Thoughts")).to_have_count(0)
            thought_seen.set()
            chat.finish(1)
            expect(chat.page.locator("#chatbot").get_by_text("Thoughts")).to_be_visible()
            expect(chat.page.locator("#chatbot")).to_contain_text("It is 42.")
            expect(chat.page.locator("#chatbot")).not_to_contain_text("</think>")
        backend.close()


def test_stop_ends_the_reply_at_the_server_too(chat, server):
    server.says([delta(reasoning_content="Hm. "), UNTIL_LEFT])
    server.left.clear()
    chat.ask("slow")
    expect(chat.page.locator("#chatbot")).to_contain_text("Hm.")
    chat.page.locator("#chat-stop").click()
    assert server.left.wait(10)
    expect(chat.page.locator("#chatbot .ds-note")).to_contain_text("Stopped")


def test_what_goes_wrong_is_told_in_the_reader_s_language(page_at, url, server):
    chat = page_at(url, locale="zh-CN")
    server.says(Failure(status=401))
    chat.ask("你好")
    error = chat.page.locator("#chatbot .ds-error")
    expect(error).to_contain_text(
        f"{server.host} 需要密钥（HTTP 401）。请把环境变量 DEEPSEEK_SPACE_REMOTE_KEY 设为该密钥"
    )


def test_two_models_answer_side_by_side(chat, server):
    server.says([delta(reasoning_content="Six sevens."), *spoken("It is 42.")])
    page = chat.page
    page.get_by_role("tab", name="Compare").click()
    expect(page.locator("#compare-left-model input")).to_have_value("DeepSeek R1")
    expect(page.locator("#compare-right-model input")).to_have_value("fake")
    page.locator("#compare-input textarea").fill("a table please")
    page.locator("#compare-input textarea").press("Enter")
    for side, model in {"left": "DeepSeek R1", "right": "fake"}.items():
        expect(page.locator(f"#compare-{side}-answer .ds-figures")).to_contain_text(model)
    page.locator("#compare-right-take").click()
    expect(chat.questions).to_have_text(["a table please"])
    expect(page.get_by_text("In the chat, DeepSeek R1 goes on from here.")).to_be_visible()
