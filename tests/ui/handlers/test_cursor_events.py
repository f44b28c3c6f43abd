"""What the editor asks for at its cursor, called as the page's events call it."""

import json
import threading

import gradio as gr
import pytest

from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.chat.turns.page_view import PageView
from deepseek_space.chat.turns.reply_runner import ReplyRunner
from deepseek_space.chat.workspace.workspace import Workspace
from deepseek_space.ui.handlers.cursor_events import CursorEvents
from deepseek_space.ui.parts.controls import build_controls
from deepseek_space.ui.parts.page_events import Act, PageEvents
from deepseek_space.ui.tabs.chat_tab import build_chat_tab
from waiting import until


@pytest.fixture
def backend():
    backend = ScriptedBackend(delay_s=0, change_s=0)
    backend.load("coder-base")
    return backend


@pytest.fixture
def do(backend):
    """Return a function that does an act and returns what the script is answered."""
    with gr.Blocks():
        tab = build_chat_tab(backend, ReplyRunner(backend), build_controls(), gr.Textbox())
        events = CursorEvents(tab=tab, events=PageEvents())
        events.register()
    view = PageView()
    view.conversation.change_workspace(lambda _: Workspace().put("fib.py", "def fibonacci(n): ...\n"))

    def act(name: str, target: str = "", text: str = "") -> dict:
        handler = events.events._handlers[name]
        return handler({tab.page_view: view}, Act(name=name, target=target, text=text, number=7))[
            events.events.component
        ]

    return act


def question(number: int = 1, variant: int = 0, **words: object) -> str:
    words = {"before": "import fib\nreturn ", "after": "fibonacci(n - 2)\n", **words}
    return json.dumps({**words, "number": number, "variant": variant})


def test_the_gap_is_filled_and_what_was_read_for_it_told(do):
    answer = do("complete_at", "main.py", question())
    assert answer["text"].startswith("fibonacci(n - 1)")
    assert answer["paths"] == ("fib.py",)
    assert answer["tokens"] <= answer["budget"]


def test_a_model_without_it_is_not_asked_and_named(do, backend):
    backend.load("coder-tiny")
    answer = do("complete_at", "main.py", question())
    assert "was not trained" in answer["cannot"]
    assert backend.status().model in answer["cannot"]
    assert not backend.requests


def test_where_it_would_take_from_a_quota_nothing_is_asked(backend):
    with gr.Blocks():
        tab = build_chat_tab(backend, ReplyRunner(backend), build_controls(), gr.Textbox())
        page = CursorEvents(tab=tab, events=PageEvents(), takes_quota=True)
    updates = page.on_complete({tab.page_view: PageView()}, Act(name="complete_at", text=question()))
    assert "quota" in updates[page.events.component]["cannot"]
    assert not backend.requests


@pytest.mark.parametrize(
    "text",
    ["", "no json", "[]", "{}", question(variant=-1), question(variant=10**9), question(before="", after=" "),
     question(number="x"), '{"before": "a", "after": "", "number": Infinity, "variant": 0}', "[" * 5000],
)  # fmt: skip
def test_what_is_no_question_has_no_answer(do, backend, text: str):
    assert do("complete_at", "main.py", text) == {"number": 7}
    assert not backend.requests


def test_what_is_called_off_stops_the_model(do, backend):
    backend._delay_s = 60
    found = []
    asking = threading.Thread(target=lambda: found.append(do("complete_at", "main.py", question(number=3))))
    asking.start()
    until(lambda: backend.requests)
    do("complete_end", "3")
    asking.join(10)
    assert found == [{"number": 7}]
    assert (backend.closed_early, backend.status().active_requests) == (1, 0)
    assert do("complete_at", "main.py", question(number=2)) == {"number": 7}  # it came after what called it off
