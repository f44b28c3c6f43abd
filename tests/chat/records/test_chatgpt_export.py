"""What ChatGPT exports, taken over as chats of here."""

import json

import pytest

from deepseek_space.chat.records.chat_import import read_import
from deepseek_space.chat.records.chat_record import RecordError, read_record


def said(role, text="", **more):
    """A message as it stands in an export."""
    content = {"content_type": "text", "parts": [text]}
    return {"author": {"role": role}, "content": content, "metadata": {}, **more}


def tree(*nodes):
    """A mapping of (id, parent, message)."""
    mapping = {
        name: {"id": name, "parent": parent, "message": message, "children": []} for name, parent, message in nodes
    }
    for name, parent, _ in nodes:
        if parent in mapping:
            mapping[parent]["children"].append(name)
    return mapping


def conversation(*nodes, **more):
    start = [("root", None, None), ("system", "root", said("system", "You are a system."))]
    return {
        "title": "T",
        "create_time": 1.5,
        "update_time": 2,
        "conversation_id": "c-1",
        "mapping": tree(*start, *nodes),
    } | more


def read(*conversations):
    return read_import(json.dumps(list(conversations)))


def turns(chat):
    return [(turn["id"], turn.get("parent", ""), turn["question"], turn.get("answer", "")) for turn in chat["turns"]]


PLAIN = (("q1", "system", said("user", "Why?")), ("a1", "q1", said("assistant", "So.")))


def test_questions_and_answers_become_turns_with_title_and_times():
    (chat,) = read(
        conversation(*PLAIN, ("q2", "a1", said("user", "And?")), ("a2", "q2", said("assistant", "Yes.")))
    ).chats
    assert turns(chat) == [("a1", "", "Why?", "So."), ("a2", "a1", "And?", "Yes.")]
    assert (chat["id"], chat["title"], chat["created"], chat["updated"]) == ("c-1", "T", 1500, 2000)
    assert {turn["state"] for turn in chat["turns"]} == {"done"}
    assert [turn.answer for turn in read_record(json.dumps(chat)).turns] == ["So.", "Yes."]


def test_an_answer_that_was_tried_again_and_a_question_that_was_edited_are_versions():
    nodes = (
        *PLAIN,
        ("a1b", "q1", said("assistant", "Thus.")),
        ("q1b", "system", said("user", "How?")),
        ("a3", "q1b", said("assistant", "Like this.")),
        ("q2", "a1b", said("user", "More")),
    )
    (chat,) = read(conversation(*nodes, current_node="a1")).chats
    assert turns(chat) == [
        ("a1", "", "Why?", "So."),
        ("a1b", "", "Why?", "Thus."),
        ("a3", "", "How?", "Like this."),
        ("q2", "a1b", "More", ""),
    ]
    assert chat["chosen"] == {"": "a1"}


def test_thoughts_code_and_what_it_printed_are_kept():
    thoughts = {"content_type": "thoughts", "thoughts": [{"summary": "Plan", "content": "I add."}]}
    recap = {"content_type": "reasoning_recap", "content": "Thought for 9s"}
    code = {"content_type": "code", "language": "python", "text": "print('```')"}
    printed = {"content_type": "execution_output", "text": "```"}
    nodes = (
        ("q", "system", said("user", "1 + 1?")),
        ("t", "q", said("assistant", content=thoughts)),
        ("r", "t", said("assistant", content=recap, metadata={"finished_duration_sec": 9})),
        ("c", "r", said("assistant", content=code, recipient="python")),
        ("o", "c", said("tool", content=printed)),
        ("a", "o", said("assistant", "2\ue200cite\ue202turn0search0\ue201.")),
    )
    found = read(conversation(*nodes))
    (turn,) = found.chats[0]["turns"]
    assert (turn["reasoning"], turn["thinking_s"]) == ("Plan\n\nI add.", 9.0)
    assert turn["answer"] == "````python\nprint('```')\n````\n\n````\n```\n````\n\n2."
    assert not +found.left_out


def test_what_cannot_be_taken_is_counted_by_kind():
    picture = {"content_type": "multimodal_text", "parts": [{"content_type": "image_asset_pointer"}, "What is it?"]}
    instructions = {"content_type": "user_editable_context", "user_profile": "x"}
    nodes = (
        ("i", "system", said("user", content=instructions)),
        ("q", "i", said("user", content=picture, metadata={"attachments": [{"name": "a.pdf"}]})),
        ("w", "q", said("assistant", content={"content_type": "novelty"})),
        ("a", "w", said("assistant", "A cat.")),
    )
    found = read(conversation(*nodes), {"mapping": {"x": {"message": {"author": 3}}}}, conversation())
    assert [turn["question"] for turn in found.chats[0]["turns"]][-1] == "[image]\n\nWhat is it?"
    assert +found.left_out == {"image": 1, "file": 1, "instructions": 1, "other": 1, "chat": 1}
    assert len(found.chats) == 1


def test_hidden_messages_are_not_shown():
    hidden = said("user", "secret", metadata={"is_visually_hidden_from_conversation": True})
    (chat,) = read(conversation(("h", "system", hidden), *PLAIN)).chats
    assert "secret" not in json.dumps(chat)


def test_a_file_that_bends_back_on_itself_ends_all_the_same():
    whole = conversation(*PLAIN)
    whole["mapping"]["a1"]["children"] = ["q1", "a1", "gone"]
    assert turns(read(whole).chats[0]) == [("a1", "", "Why?", "So.")]


def test_a_long_chat_is_read_in_a_moment():
    nodes, last = [], "system"
    for number in range(3_000):
        nodes += [(f"q{number}", last, said("user", "x")), (f"a{number}", f"q{number}", said("assistant", "y"))]
        last = f"a{number}"
    assert len(read(conversation(*nodes)).chats[0]["turns"]) == 3_000


@pytest.mark.parametrize("text", ["[]", "[1]", '{"mapping": 3}', "{}", "nothing"])
def test_anything_else_is_refused_as_before(text):
    with pytest.raises(RecordError):
        read_import(text)


def test_an_export_of_here_is_read_as_ever():
    chat = read(conversation(*PLAIN)).chats[0]
    again = read_import(json.dumps(chat))
    assert again.chats == [chat]
    assert not again.left_out
