"""What a browser kept comes back as it was; what it cannot have kept is left out."""

import json
from dataclasses import replace

import gradio as gr
import pytest

from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.chat.records.chat_record import reply_record
from deepseek_space.chat.turns.reply_runner import ReplyRunner
from deepseek_space.chat.turns.turn import Turn
from deepseek_space.ui.handlers.unsent import Unsent
from deepseek_space.ui.parts.controls import build_controls
from deepseek_space.ui.parts.page_events import PageEvents
from deepseek_space.ui.parts.wiring import Generation
from deepseek_space.ui.tabs.chat_tab import build_chat_tab
from deepseek_space.ui.tabs.code_tab import build_code_tab

TASK = {"mode": "write", "language": "SQL", "task": "Count.", "before": "", "after": ""}
REPLY = {**TASK, "turn": reply_record(Turn(question="Count.", answer="```sql\nselect 1\n```\nOne.", state="done"))}


@pytest.fixture(scope="module")
def unsent():
    with gr.Blocks():
        backend, once = ScriptedBackend(delay_s=0), Generation(concurrency_limit=1)
        controls = build_controls()
        chat = build_chat_tab(backend, ReplyRunner(backend), controls, gr.Textbox())
        code = build_code_tab(backend, controls, once, keeps=True)
        unsent = Unsent(chat=chat, code=code, events=PageEvents())
    unsent.register()
    return unsent


@pytest.fixture
def bring_back(unsent):
    """Return a function that asks for what was kept, and returns all updates but the answer."""
    values = {unsent.chat.context.attached: unsent.chat.context.attached.value}

    def ask(what, kept):
        text = kept if isinstance(kept, str) else json.dumps(kept)
        event = gr.EventData(unsent.events.component, {"act": f"restore_{what}", "text": text, "number": 7})
        updates = {}
        for update in unsent.events.dispatch(values, event):
            updates |= update
        assert updates.pop(unsent.events.component)["number"] == 7
        return updates

    return ask


def test_parameters_come_back(unsent, bring_back):
    controls = unsent.chat.controls
    kept = {
        "temperature": 0.3,
        "seed": "42",
        "stop": "END",
        "budget": "50",
        "system_prompt": "Be brief.",
        "think": False,
    }
    assert bring_back("parameters", kept) == {
        controls.temperature: 0.3,
        controls.seed: "42",
        controls.stop: "END",
        controls.budget: "50",
        unsent.chat.system_prompt: "Be brief.",
        unsent.chat.composer.think: False,
    }


@pytest.mark.parametrize(
    "kept",
    [
        "",
        "[]",
        "[" * 100_000,
        {"temperature": 99},
        {"temperature": "hot"},
        {"top_k": 2.5},
        {"think": "yes"},
        {"system_prompt": "x" * 400_001},
        {"seed": {}},
        {"chatbot": "x"},
    ],
)
def test_what_is_no_parameter_is_left_out(bring_back, kept):
    assert bring_back("parameters", kept) == {}


def test_the_task_and_its_reply_come_back(unsent, bring_back):
    code = unsent.code
    updates = bring_back("code", {**TASK, "task": "Another.", "reply": REPLY})
    assert (updates[code.task].visible, updates[code.language]) == (True, "SQL")
    editor = updates[code.code]
    assert (editor.value, editor.language) == ("select 1", "sql")
    assert "One." in str(updates[code.explanation])


def test_what_was_written_in_the_editor_since_comes_back_too(unsent, bring_back):
    assert bring_back("code", {"reply": REPLY, "code": "select 2"})[unsent.code.code].value == "select 2"


@pytest.mark.parametrize("beginning", ["", "sel", "select 1\n"])
def test_what_the_editor_showed_of_the_reply_in_mid_writing_is_no_change_of_the_readers(unsent, bring_back, beginning):
    assert bring_back("code", {"reply": REPLY, "code": beginning})[unsent.code.code].value == "select 1"


def test_a_reply_in_mid_writing_is_broken_off(unsent, bring_back):
    half = reply_record(replace(Turn(question="Count."), answer="Let me"))
    assert "broke off" in str(bring_back("code", {"reply": {**REPLY, "turn": half}})[unsent.code.explanation])


@pytest.mark.parametrize(
    "reply", [None, "x", {}, {**REPLY, "turn": {}}, {**REPLY, "task": 1}, {**TASK, "turn": {"question": 1}}]
)
def test_a_damaged_reply_is_left_out(unsent, bring_back, reply):
    updates = bring_back("code", {"mode": "fill", "language": "Klingon", "reply": reply})
    assert updates == {}


def test_documents_come_back_within_the_bounds_of_a_message(unsent, bring_back):
    attached, chips = unsent.chat.context.attached.value, unsent.chat.context.attachments.chips
    assert "a.txt" in bring_back("files", [{"name": "a.txt", "text": "x", "tokens": 1}])[chips]
    bring_back("files", [{"name": "b.txt", "text": "x" * 4_000_001, "tokens": 1}])
    bring_back("files", [{"name": "c.txt"}])
    assert list(attached.files) == ["a.txt"]
