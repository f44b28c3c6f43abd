import json
import string
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepseek_space.chat.records import chat_record
from deepseek_space.chat.records.chat_record import (
    RecordError,
    read_export,
    read_record,
    read_turn,
    reply_record,
    to_record,
)
from deepseek_space.chat.turns.conversation import Conversation
from deepseek_space.chat.turns.turn import Attachment, ReplySettings, Turn
from deepseek_space.events import Reasoning, Usage
from deepseek_space.sentences import Sentence, joined
from deepseek_space.text.bounds import MAX_TURNS
from deepseek_space.types import Sampling
from deepseek_space.ui.words.language import say_in

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
SECONDS = st.floats(0, 1e6)
COUNTS = st.integers(0, 2**40)
USAGES = st.builds(
    Usage,
    model=TEXTS,
    prompt_tokens=COUNTS,
    cached_tokens=COUNTS,
    generated_tokens=COUNTS,
    time_to_first_token_s=SECONDS,
    tokens_per_second=SECONDS,
    finish_reason=st.sampled_from(["stop", "length", "cancelled", "error"]),
)
SAMPLINGS = st.builds(
    Sampling,
    temperature=st.floats(0, 2),
    seed=st.none() | st.integers(0, 2**63 - 1),
    stop=st.lists(st.text(string.printable, min_size=1, max_size=9), max_size=3).map(tuple),
)
SETTINGS = st.builds(
    ReplySettings,
    sampling=SAMPLINGS,
    follows=st.lists(TEXTS, max_size=2).map(tuple),
    thinking=st.none() | st.booleans(),
    thinking_budget=st.none() | COUNTS,
    system_prompt=TEXTS,
)
TURNS = st.builds(
    Turn,
    question=TEXTS,
    files=st.lists(st.builds(Attachment, name=TEXTS, text=TEXTS, tokens=COUNTS), max_size=2).map(tuple),
    settings=SETTINGS,
    state=st.sampled_from(["done", "stopped", "failed"]),
    reasoning=TEXTS,
    reasoning_tokens=COUNTS,
    answer=TEXTS,
    thinking_s=st.none() | SECONDS,
    usage=st.none() | USAGES,
    error=TEXTS,
    rating=st.sampled_from([None, "up", "down"]),
)


@st.composite
def conversations(draw):
    """Any tree of up to five turns, each under one that was there before it."""
    tree: dict[str, Turn] = {}
    for turn in draw(st.lists(TURNS, max_size=5, unique_by=lambda turn: turn.id)):
        tree[turn.id] = replace(turn, parent=draw(st.sampled_from(["", *tree])))
    chosen = {turn.parent: turn.id for turn in tree.values() if draw(st.booleans())}
    return Conversation(tree=tree, chosen=chosen)


def record(*turns, **other):
    return {"format": "deepseek-space-chat", "version": 1, "id": "abc", **other, "turns": list(turns)}


def turn(**fields):
    return {"id": "t", "question": "q", **fields}


@given(conversations())
def test_a_conversation_comes_back_as_it_was(conversation):
    text = json.dumps(to_record(conversation))
    back = read_record(text)
    assert (back.id, back.tree, back.chosen) == (conversation.id, conversation.tree, conversation.chosen)
    assert list(back.tree) == list(conversation.tree)


@given(st.lists(conversations(), max_size=3), st.sampled_from([None, 1]))
def test_an_export_holds_the_same_records_however_it_is_laid_out(chats, indent):
    records = [{**to_record(chat), "title": "T", "created": 1, "updated": 2} for chat in chats]
    text = json.dumps({"format": "deepseek-space-chats", "version": 1, "chats": records}, indent=indent)
    assert read_export(text) == records


@given(conversations(), st.data())
def test_any_damage_is_refused_in_a_sentence_or_does_no_harm(conversation, data):
    text = json.dumps(to_record(conversation), indent=1)
    place = data.draw(st.integers(0, len(text) - 1))
    damaged = text[:place] + data.draw(st.sampled_from(["", "x", "{", "]", '"', "9", "null"])) + text[place + 1 :]
    for read in (read_record, read_export):
        with suppress(RecordError):
            read(damaged)


def test_a_reply_that_was_being_written_is_broken_off_and_keeps_its_text():
    conversation = Conversation()
    lease = conversation.ask("x")
    conversation.write(lease, lease.turn.apply(Reasoning(text="hm"), 5.0))
    (back,) = read_record(json.dumps(to_record(conversation))).turns
    assert (back.state, back.reasoning, back.is_cut_off, back.stopped_thinking) == ("failed", "hm", True, True)
    assert "broke off" in back.error


def test_one_record_alone_is_an_export_too():
    assert [chat["id"] for chat in read_export(json.dumps(record(turn())))] == ["abc"]


@pytest.mark.parametrize(
    ("lines", "line", "said"),
    [
        (["{", '"format": ', "}"], 3, "not JSON"),
        (["[]"], 1, "no export"),
        (['{"format": "deepseek-space-chats",', '"version": 2, "chats": []}'], 2, "another version of the app: 2"),
        (['{"format": "deepseek-space-chats", "version": 1}'], 1, "missing"),
        (['{"format": "deepseek-space-chats", "version": 1, "chats": [', "3]}"], 2, "no chat"),
        ([json.dumps(record(turn())), "x"], 2, "not JSON"),
        (['{"format": "deepseek-space-chat", "version": 1,', '"id": "a b", "turns": []}'], 2, "“id” is damaged"),
        (
            ['{"format": "deepseek-space-chat", "version": 1, "id": "a",', '"turns": [', '{"id": "t"}]}'],
            3,
            "“question” is missing here",
        ),
        (
            ['{"format": "deepseek-space-chat", "version": 1, "id": "a",', '"turns": [{"id": "t",', '"question": 3}]}'],
            3,
            "“question” is not text",
        ),
        (
            [
                '{"format": "deepseek-space-chat", "version": 1, "id": "a",',
                '"turns": [{"id": "t", "question": "q",',
                '"state": "asleep"}]}',
            ],
            3,
            "“state” has a value that is not known here",
        ),
        (
            ['{"format": "deepseek-space-chat", "version": 1, "id": "a",', '"turns": {}}'],
            2,
            "“turns” is not a list",
        ),
        (
            [
                '{"format": "deepseek-space-chat", "version": 1, "id": "a",',
                '"turns": [{"id": "t", "question": "q",',
                '"reasoning_tokens": 1.5}]}',
            ],
            3,
            "“reasoning_tokens” is not a whole number",
        ),
        (["[" * 100_000], 1, "nesting"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_line_and_the_reason(lines, line, said):
    with pytest.raises(RecordError, match=said) as caught:
        read_export("\n".join(lines))
    assert caught.value.line == line
    assert str(caught.value).startswith(f"Line {line}: ")


@pytest.mark.parametrize(
    "bad",
    [
        record(turn(), turn()),
        record(turn(parent="later"), turn(id="later")),
        record(turn(parent="t")),
        record(turn(id="")),
        record(turn(), chosen={"": "gone"}),
        record(turn(), chosen={"t": "t"}),
        record(turn(state="odd")),
        record(turn(thinking_s="1")),
        record(turn(thinking_s=float("nan"))),
        record(turn(settings={"sampling": {"temperature": 9}})),
        record(turn(usage={"model": "m"})),
        record(turn(question="\ud800")),
        record(turn(), id="../etc/passwd"),
        record(turn(), version=True),
        record(*[turn(id=str(number)) for number in range(MAX_TURNS + 1)]),
    ],
)
def test_records_that_no_browser_of_ours_wrote_are_refused(bad):
    with pytest.raises(RecordError):
        read_record(json.dumps(bad))


def test_what_is_too_long_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr(chat_record, "MAX_CHARACTERS", 10)
    with pytest.raises(RecordError, match="11 characters are too many; at most 10"):
        read_record("x" * 11)


def test_titles_and_times_of_a_browser_are_kept_only_as_what_they_are():
    (chat,) = read_export(json.dumps(record(turn(), title="T", created=5, updated="now", named=True)))
    assert (chat["title"], chat["created"]) == ("T", 5)
    assert not {"updated", "named"} & set(chat)


def test_a_turn_that_is_written_goes_without_its_documents():
    chat = Conversation()
    lease = chat.ask("q", files=(Attachment(name="a.txt", text="long", tokens=1),))
    chat.write(lease, replace(lease.turn, answer="so far"))
    (whole,) = to_record(chat)["turns"]
    part = reply_record(chat.turns[0])
    assert whole.pop("files")
    assert part == whole


@pytest.mark.parametrize("before", ["\n", "\r\n \t", "\ufeff", "\ufeff\n"])
def test_a_record_may_begin_with_blank_lines_or_a_mark(before):
    record = json.dumps(to_record(Conversation()))
    assert read_record(before + record).id == read_record(record).id
    assert read_export(before + record) == read_export(record)


def test_a_file_of_very_many_small_things_is_refused_unparsed():
    for read in (read_record, read_export):
        with pytest.raises(RecordError, match="too many parts"):
            read('{"a": [' + "{}," * 2_000_001 + "{}]}")


BUSY = "{count} requests are waiting already. Try again in a moment."


def failed(error):
    return Conversation(id="a", tree={"t": Turn(id="t", question="Why?", state="failed", error=error)}, chosen={})


def test_an_error_keeps_what_it_was_made_of():
    error = joined(Sentence(BUSY, count=1_000), Sentence("{name} is empty.", name=Sentence("The message")))
    back = read_record(json.dumps(to_record(failed(error)))).tree["t"].error
    assert back == error
    assert (say_in(back, "zh-CN"), say_in(error, "zh-CN")) == ("已有 1000 个请求在等待，请稍后再试。消息 是空的。",) * 2
    assert read_turn(json.dumps(reply_record(failed(error).tree["t"]))).error.template == error.template


def test_an_error_that_an_older_version_wrote_is_plain_text():
    record = to_record(failed("It did not work."))
    assert record["turns"][0]["error"] == "It did not work."
    assert "said" not in record["turns"][0]
    assert read_record(json.dumps(record)).tree["t"].error == "It did not work."


@pytest.mark.parametrize(
    "said",
    [
        {"text": "It did not work.", "template": "{a.__class__}", "values": {"a": "b"}},
        {"text": "It did not work.", "template": "{a:>99999999999}", "values": {"a": 1}},
        {"text": "It did not work.", "template": "Nobody says {this}.", "values": {"this": "that"}},
        {"text": "It did not work.", "template": "{first} {then}", "values": {}},
    ],
)
def test_what_a_record_says_an_error_was_made_of_counts_only_where_it_is_a_sentence_of_ours(said):
    record = to_record(failed("It did not work."))
    record["turns"][0]["said"] = said
    error = read_record(json.dumps(record)).tree["t"].error
    assert (str(error), say_in(error, "zh-CN"), say_in(error, "en")) == ("It did not work.",) * 3


@pytest.mark.parametrize("said", ["It did not work.", {"text": "a"}, {"text": "a", "template": "b", "values": [1]}])
def test_an_error_made_of_nothing_that_can_be_one_is_refused(said):
    record = to_record(failed("It did not work."))
    record["turns"][0]["said"] = said
    with pytest.raises(RecordError):
        read_record(json.dumps(record))
