"""What the workbench asks for, called as the page's events call it."""

import json
from base64 import b64decode, b64encode
from dataclasses import replace

import gradio as gr
import pytest

from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.backends.scripted.script import Scene
from deepseek_space.chat.turns.page_view import PageView
from deepseek_space.chat.turns.reply_runner import ReplyRunner
from deepseek_space.chat.turns.turn import ReplySettings
from deepseek_space.chat.workspace.archive import packed, unpacked
from deepseek_space.chat.workspace.workspace import Workspace
from deepseek_space.ui.handlers.workspace_events import WorkspaceEvents
from deepseek_space.ui.parts.controls import build_controls
from deepseek_space.ui.parts.page_events import Act, PageEvents
from deepseek_space.ui.tabs.chat_tab import build_chat_tab


@pytest.fixture(scope="module")
def page():
    """The handlers, registered, over a backend that answers at once."""
    with gr.Blocks():
        backend = ScriptedBackend([Scene(cue="", answer="fine")], delay_s=0)
        tab = build_chat_tab(backend, ReplyRunner(backend), build_controls(), gr.Textbox())
        page = WorkspaceEvents(tab=tab, events=PageEvents())
        page.register()
        return page


@pytest.fixture
def view():
    view = PageView()
    view.conversation.change_workspace(lambda _: Workspace().put("a.py", "x = 1\ny = 1\n"))
    return view


@pytest.fixture
def do(page, view):
    """Return a function that does an act; returns what the page is told of the files, and the answer."""

    def act(name: str, target: str = "", text: str = "") -> tuple[dict, dict]:
        handler = page.events._handlers[name]
        updates = handler({page.tab.page_view: view}, Act(name=name, target=target, text=text, number=7)) or {}
        return updates.get(page.tab.workbench, {}), updates.get(page.events.component, {})

    return act


def test_files_are_written_renamed_deleted_and_taken_back(do, view):
    shown, _ = do("file_write", "b.py", "z = 1\n")
    assert [file["path"] for file in shown["files"]] == ["a.py", "b.py"]
    do("file_rename", "b.py", "c.py")
    do("file_write", "a.py", "changed\n")
    shown, _ = do("file_back", "a.py", "0")
    assert shown["files"][0]["text"] == "x = 1\ny = 1\n"
    do("file_delete", "c.py")
    assert list(view.conversation.workspace.texts) == ["a.py"]


@pytest.mark.parametrize(
    ("name", "target", "text"),
    [("file_write", "../x", "1"), ("file_write", "A.py", "1"), ("file_rename", "a.py", "/etc/passwd"),
     ("file_write", "big.txt", "x" * 1_000_001), ("files_bring", "", "no json"),
     ("files_bring", "", '{"archives": {"a.zip": "AAAA"}}'), ("files_bring", "", '{"texts": []}'),
     ("files_bring", "", json.dumps({"texts": {f"{n}.txt": "" for n in range(10_000)}}))],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_name_and_changes_nothing(do, view, name: str, target: str, text: str):
    before = view.conversation.workspace
    _, answer = do(name, target, text)
    assert answer.get("error") or text == '{"texts": []}'
    assert view.conversation.workspace == before


def test_hunks_are_taken_or_left(do, view):
    view.conversation.change_workspace(
        lambda now: now.put("a.py", "a\nb\nc\nd\n").propose({"a.py": "A\nb\nc\nD\n"}, "t")
    )
    shown, _ = do("hunk_accept", "a.py", "0")
    assert shown["files"][0]["text"] == "A\nb\nc\nd\n"
    assert [hunk["new"] for hunk in shown["files"][0]["proposal"]["hunks"]] == [["D"]]
    shown, _ = do("hunk_reject", "a.py", "0")
    assert shown["files"][0]["proposal"] is None
    assert do("hunk_accept", "a.py", "no number")[0]["files"][0]["text"] == "A\nb\nc\nd\n"


def test_a_conflict_is_shown_and_settled_as_the_reader_says(do, view):
    view.conversation.change_workspace(
        lambda now: now.propose({"a.py": "x = 2\ny = 1\n"}, "t").put("a.py", "x = 3\ny = 1\n")
    )
    shown, _ = do("change_accept", "a.py")
    proposal = shown["files"][0]["proposal"]
    assert proposal["conflicts"] == [{"line": 1, "mine": "x = 3\n", "theirs": "x = 2\n"}]
    assert do("change_force", "a.py")[0]["files"][0]["text"] == "x = 2\ny = 1\n"


def test_a_block_of_any_chat_opens_under_the_usual_name_and_never_over_another(do):
    assert do("block_open", "python", "one\n")[1]["path"] == "main.py"
    assert do("block_open", "python", "two\n")[1]["path"] == "main-2.py"
    assert do("block_open", "python", "one\n")[1]["path"] == "main.py"
    assert do("block_open", "", "text\n")[1]["path"] == "main.txt"


def test_a_block_that_its_answer_names_opens_under_that_name_as_a_proposal_where_there_is_one(do, view):
    lease = view.conversation.ask("q", ReplySettings())
    answer = (
        "```python src/b.py\nb = 1\n```\n\n`a.py`:\n\n```python\nx = 2\n```\n\n```py ../c.py\nc\n```\n"  # three names
    )
    view.conversation.write(lease, replace(lease.turn, answer=answer))
    assert do("block_open", "python", "b = 1\n")[1]["path"] == "src/b.py"
    assert do("block_open", "python", "b = 1\n")[1]["path"] == "src/b.py"  # which is that file already
    shown, answered = do("block_open", "python", "x = 2\n")
    assert answered["path"] == "a.py"
    assert shown["files"][0]["proposal"]["hunks"]
    assert do("block_open", "py", "c\n")[1]["path"] == "main.py"  # a name that cannot be


def test_all_files_of_an_answer_open_at_once_and_what_cannot_be_one_is_said(do, view):
    lease = view.conversation.ask("q", ReplySettings())
    answer = "```python src/b.py\nb = 1\n```\n\n`a.py`:\n\n```python\nx = 2\n```\n\n```py ../c.py\nc\n```\n"
    view.conversation.write(lease, replace(lease.turn, answer=answer))
    shown, answered = do("answer_open", view.conversation.turns[-1].id)
    assert answered["path"] == "a.py"
    assert "../c.py" in answered["error"]
    files = {file["path"]: file for file in shown["files"]}
    assert files["src/b.py"]["text"] == "b = 1\n"
    assert files["a.py"]["proposal"]["hunks"]  # which was there


def test_a_block_of_edits_opens_the_file_that_it_is_for(do, view):
    edits = "<<<<<<< SEARCH\n{}\n=======\nx = 3\n>>>>>>> REPLACE\n"
    lease = view.conversation.ask("q", ReplySettings())
    answer = f"a.py\n{edits.format('x = 1')}\nand\n\na.py\n{edits.format('nothing')}"
    view.conversation.write(lease, replace(lease.turn, answer=answer))
    shown, answered = do("block_open", "", edits.format("x = 1"))
    assert answered["path"] == "a.py"
    assert shown["files"][0]["proposal"]["hunks"] == [{"at": 0, "old": ["x = 1"], "new": ["x = 3"]}]
    assert "a.py: its lines are not in the file" in do("block_open", "", edits.format("nothing"))[1]["error"]


def test_brought_and_taken_as_an_archive(do):
    archive = b64encode(packed({"top/b.py": "1\n", "top/c.py": "2\n"})).decode()
    shown, _ = do("files_bring", "", json.dumps({"texts": {"d.txt": "3"}, "archives": {"w.zip": archive}}))
    assert [file["path"] for file in shown["files"]] == ["a.py", "d.txt", "b.py", "c.py"]
    texts = unpacked("w.zip", b64decode(do("files_take")[1]["archive"]))
    assert texts["c.py"] == "2\n"


def test_answers_are_files_once_the_code_page_is_shown(do, view):
    view.conversation.change_workspace(lambda _: Workspace())
    assert not view.is_about_files
    assert do("code_page", "code") == ({}, {})  # no files to be shown in place of a chat's that is being opened
    assert view.is_about_files
    do("code_page", "chat")
    assert not view.is_about_files


def test_secrets_are_pointed_out(do):
    shown, _ = do("file_write", "k.py", "password = 'hunter22hunter'\n")
    assert shown["files"][1]["secrets"] == [{"line": 1, "kind": "a password"}]
