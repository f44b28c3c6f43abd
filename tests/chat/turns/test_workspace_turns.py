"""A conversation about files: what the model reads, and what becomes of its answer."""

import time
from dataclasses import replace

from deepseek_space.chat.records.chat_record import RecordError, read_record, to_record
from deepseek_space.chat.turns.conversation import Conversation
from deepseek_space.chat.turns.turn import ReplySettings
from deepseek_space.chat.workspace.workspace import Workspace
from deepseek_space.events import Answer

EDITS = ReplySettings(style="edits", system_prompt="Be kind.")
ANSWER = "a.py\n<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE\n```python b.py\ny\n```\n"


def answered(answer: str = ANSWER) -> Conversation:
    conversation = Conversation(workspace=Workspace().put("a.py", "x = 1\n"))
    lease = conversation.ask("Change it", EDITS)
    conversation.write(lease, lease.turn.apply(Answer(text=answer), time.monotonic()))
    conversation.close_turn(lease)
    conversation.take_files(lease)
    return conversation


def test_the_model_reads_how_to_answer_and_the_files_after_the_last_question_alone():
    conversation = answered()
    conversation.change_workspace(lambda now: now.accept("a.py"))
    request = conversation.ask("And now?", EDITS).request()
    system, first, _, last = [message.content for message in request.messages]
    assert "SEARCH/REPLACE" in system
    assert system.endswith("Be kind.")
    assert first == "Change it"
    assert last == "And now?\n\na.py\n```py\nx = 2\n```\n\nb.py\n```py\ny\n```"


def test_without_files_nothing_is_added():
    request = Conversation().ask("Hello", ReplySettings(system_prompt=" As it is ")).request()
    assert [message.content for message in request.messages] == [" As it is ", "Hello"]


def test_the_answer_becomes_files_and_proposals():
    conversation = answered()
    assert conversation.workspace.texts == {"a.py": "x = 1\n", "b.py": "y\n"}
    assert conversation.workspace.proposal("a.py").text == "x = 2\n"
    assert conversation.missed == ()


def test_what_did_not_fit_is_kept_until_the_next_answer():
    conversation = answered(ANSWER.replace("x = 1", "z = 1"))
    assert [missed.reason for missed in conversation.missed] == ["not found"]


def test_an_answer_that_was_asked_for_without_files_touches_none():
    conversation = Conversation()
    lease = conversation.ask("Hello")
    conversation.write(lease, lease.turn.apply(Answer(text=ANSWER), time.monotonic()))
    conversation.take_files(lease)
    assert conversation.workspace == Workspace()


def as_text(conversation: Conversation, **changes: object) -> str:
    import json

    return json.dumps({**to_record(conversation), **changes})


def test_a_record_brings_files_versions_and_proposals_back():
    conversation = answered()
    assert read_record(as_text(conversation)).workspace == conversation.workspace
    assert "workspace" not in to_record(Conversation())


def test_a_record_with_files_that_cannot_be_is_refused():
    kept = to_record(answered())["workspace"]
    for path in ("../a.py", "/a.py", "b.py", "B.py"):
        files = [{**kept["files"][0], "path": path}, kept["files"][1]]
        try:
            read_record(as_text(answered(), workspace={**kept, "files": files}))
        except RecordError:
            continue
        raise AssertionError(path)


def test_a_copy_has_the_files_too():
    from copy import deepcopy

    conversation = answered()
    assert deepcopy(conversation).workspace == conversation.workspace
    assert replace(EDITS, style="").instructions == "Be kind."
