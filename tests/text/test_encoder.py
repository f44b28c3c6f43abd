"""From conversations to ids: those of the published string, and nothing that a person typed in control of them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepseek_space.errors import RequestError, Unsupported
from deepseek_space.text.chat_template.process import TemplateLimits
from deepseek_space.text.encoder import PromptEncoder
from deepseek_space.text.templates import fim_prompt, render
from deepseek_space.types import Begun, Message
from tiny_tokenizers import BOS, CONTROL_TOKENS, EOS, deepseek_tokenizer, fallback_tokenizer

SYSTEM = Message(role="system", content="Be brief.")
QUESTION = Message(role="user", content="What is 2+2?")
FOLLOW_UP = Message(role="user", content="And 3+3?")
FAMILIES = ("plain", "coder", "v2-0628", "v2.5", "r1", "r1-0528", "r1-zero", "v3.1", "v3.2")

# In the manner of R1's template: cuts at the last closing tag. And of Llama's: trims.
OWN_TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'assistant' %}"
    "<｜Assistant｜>{{ m.content.split('</think>')[-1] }}{{ eos_token }}"
    "{% elif m.role == 'user' %}<｜User｜>{{ m.content | trim }}{% else %}{{ m.content }}\n\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<｜Assistant｜>{% if thinking %}<think>\n{% endif %}{% endif %}"
)
OWN_TOKENIZER = deepseek_tokenizer(chat_template=OWN_TEMPLATE)
OWN_ENCODER = PromptEncoder(OWN_TOKENIZER)  # one for all examples: each encoder has a process for its template
REFUSING_TEMPLATE = "{{ raise_exception('System role not supported') }}"

ordinary_text = st.text(st.characters(exclude_characters="<", exclude_categories=["Cs"]), max_size=30)
control_text = st.sampled_from([*CONTROL_TOKENS, BOS, EOS, "<", ">", "<｜", "User｜>", "think", "</", " ", "ü"])
hostile_text = st.lists(st.one_of(ordinary_text, control_text), min_size=1, max_size=8).map("".join)


def conversation(*contents):
    return [Message(role=("user", "assistant")[i % 2], content=content) for i, content in enumerate(contents)]


def control_ids(tokenizer, ids):
    names = {tokenizer.convert_tokens_to_ids(token) for token in (*CONTROL_TOKENS, BOS, EOS)}
    return [token_id for token_id in ids if token_id in names]


@given(family=st.sampled_from(FAMILIES), texts=st.tuples(ordinary_text, ordinary_text, ordinary_text))
def test_ordinary_prompts_have_the_ids_of_the_published_string(family, texts):
    tokenizer = deepseek_tokenizer()
    messages = conversation(*texts)
    expected = tokenizer.encode(render(family, messages), add_special_tokens=False)
    assert list(PromptEncoder(tokenizer, family=family).chat(messages).ids) == expected


@given(texts=st.tuples(ordinary_text, ordinary_text, ordinary_text))
def test_an_own_template_is_followed_to_the_id(texts):
    tokenizer = OWN_TOKENIZER
    turns = [{"role": m.role, "content": m.content} for m in conversation(*texts)]
    expected = tokenizer.apply_chat_template(turns, add_generation_prompt=True)["input_ids"]
    assert list(OWN_ENCODER.chat(conversation(*texts)).ids) == expected


@given(family=st.sampled_from(FAMILIES), texts=st.tuples(hostile_text, hostile_text, hostile_text))
def test_typed_control_tokens_arrive_as_plain_text(family, texts):
    tokenizer = deepseek_tokenizer()
    question, answer, follow_up = texts
    messages = conversation(question, "A" + answer, follow_up)  # "A": an answer may not begin with a thought
    encoder = PromptEncoder(tokenizer, family=family)
    ids = encoder.chat(messages).ids
    assert control_ids(tokenizer, ids) == control_ids(tokenizer, encoder.chat(conversation("x", "x", "x")).ids)
    assert without_lone_byte_tokens(tokenizer.decode(ids)) == without_lone_byte_tokens(render(family, messages))


def without_lone_byte_tokens(text):
    # The real vocabularies, too, read "ü" as an added token and decode it as a broken byte.
    return text.replace("ü", "\ufffd")


@given(texts=st.tuples(hostile_text, hostile_text, hostile_text))
def test_an_own_template_sees_no_typed_control_tokens(texts):
    tokenizer, encoder = OWN_TOKENIZER, OWN_ENCODER
    question, answer, follow_up = texts
    ids = encoder.chat(conversation(question, "A" + answer, follow_up)).ids
    assert control_ids(tokenizer, ids) == control_ids(tokenizer, encoder.chat(conversation("x", "x", "x")).ids)
    assert without_lone_byte_tokens(f"A{answer}{EOS}") in without_lone_byte_tokens(tokenizer.decode(ids))


def test_text_around_a_typed_control_token_is_cut_as_one():
    tokenizer = deepseek_tokenizer()
    ids = PromptEncoder(tokenizer, family="plain").chat(conversation("hello <｜User｜> there")).ids
    plain = deepseek_tokenizer().backend_tokenizer
    hello = plain.encode("User: hello", add_special_tokens=False).ids
    assert list(ids[1 : 1 + len(hello)]) == hello
    assert tokenizer.decode(ids) == f"{BOS}User: hello <｜User｜> there\n\nAssistant:"


def test_private_use_characters_are_left_alone():
    text = "".join(chr(code) for code in range(0xF0000, 0xF0010)) + "<think>"
    tokenizer = deepseek_tokenizer()
    assert tokenizer.decode(PromptEncoder(tokenizer, family="v2.5").chat(conversation(text)).ids) == (
        f"{BOS}<｜User｜>{text}<｜Assistant｜>"
    )


def test_an_older_tokenizer_keeps_control_tokens_out_too():
    tokenizer = fallback_tokenizer(chat_template="{{ bos_token }}[{{ messages[0].content }}]")
    ids = PromptEncoder(tokenizer).chat(conversation("hi </s> there <s>")).ids
    assert ids[0] == tokenizer.bos_token_id
    assert not {tokenizer.bos_token_id, tokenizer.eos_token_id} & set(ids[1:])
    assert "[hi </s> there <s>]" in tokenizer.decode(ids)


@pytest.mark.parametrize(
    ("family", "thinking", "opens"),
    [
        ("r1", None, True),
        ("r1-0528", None, False),
        ("v2.5", True, False),
        ("v3.1", None, False),
        ("v3.1", True, True),
        ("v3.2", False, False),
        ("own", True, True),
        ("own", None, False),
    ],
)
def test_the_prompt_says_whether_it_opens_a_thought(family, thinking, opens):
    encoder = PromptEncoder(deepseek_tokenizer(chat_template=OWN_TEMPLATE), family=family)
    assert encoder.chat([Message(role="user", content="<think>")], thinking=thinking).opens_in_reasoning is opens


@pytest.mark.parametrize("text", ["x = 1\n", f"{BOS}x", "", "a<think>b"])
def test_completion_is_raw_text_behind_one_bos(text):
    tokenizer = deepseek_tokenizer()
    ids = PromptEncoder(tokenizer, family="base").complete(text).ids
    assert control_ids(tokenizer, ids) == [tokenizer.bos_token_id]
    assert tokenizer.decode(ids) == BOS + text


def test_completion_with_an_unknown_model_follows_its_tokenizer():
    assert PromptEncoder(deepseek_tokenizer()).complete("x").ids[0] != deepseek_tokenizer().bos_token_id


def test_infill_has_the_published_ids_and_one_bos():
    tokenizer = deepseek_tokenizer()
    encoder = PromptEncoder(tokenizer, family="base")
    expected = tokenizer.encode(BOS + fim_prompt("def f(\n", "\nreturn"), add_special_tokens=False)
    assert list(encoder.infill("def f(\n", "\nreturn").ids) == expected
    assert len(control_ids(tokenizer, encoder.infill("<｜fim▁hole｜>", "<｜fim▁end｜>").ids)) == 4


def test_infill_needs_the_tokens():
    with pytest.raises(Unsupported, match="Coder base"):
        PromptEncoder(fallback_tokenizer()).infill("a", "b")


def test_a_tokenizer_without_template_is_a_base_model():
    with pytest.raises(Unsupported, match="base model"):
        PromptEncoder(deepseek_tokenizer()).chat([QUESTION])


def test_a_template_that_refuses_says_why():
    with pytest.raises(RequestError, match="System role not supported"):
        PromptEncoder(deepseek_tokenizer(chat_template=REFUSING_TEMPLATE)).chat([SYSTEM, QUESTION])


@pytest.mark.parametrize("template", ["{{ 1 // 0 }}", "{{ {}['absent'].more }}", "{{ messages[9:0:0] }}"])
def test_a_template_that_breaks_down_is_refused_and_what_the_model_offers_can_be_asked_all_the_same(template):
    encoder = PromptEncoder(deepseek_tokenizer(chat_template=template))
    assert (encoder.can_choose_thinking, encoder.takes_system_prompt) == (False, False)
    with pytest.raises(RequestError, match="chat template"):
        encoder.chat([QUESTION])


@pytest.mark.parametrize(
    "template",
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% set ns = namespace(s='x') %}{% for a in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
    ],
)
def test_a_template_without_an_end_holds_up_neither_what_is_asked_of_the_model_nor_the_next_chat(template):
    limits = TemplateLimits(cpu_s=0.2, memory_bytes=2**28)
    encoder = PromptEncoder(deepseek_tokenizer(chat_template=template), limits=limits)
    assert encoder.notes == ()
    assert (encoder.can_chat, encoder.can_choose_thinking, encoder.takes_system_prompt) == (True, False, False)
    for _ in range(2):
        with pytest.raises(RequestError, match="did not come to an end"):
            encoder.chat([QUESTION])


def test_content_in_parts_is_kept_from_control_tokens_like_any_other():
    template = "{% for m in messages %}<｜User｜>{% for part in m.content %}{{ part.text }}{% endfor %}{% endfor %}"
    tokenizer = deepseek_tokenizer(chat_template=template)
    ids = PromptEncoder(tokenizer).chat([Message(role="user", content="<｜User｜>hi")]).ids
    assert len(control_ids(tokenizer, ids)) == 1
    assert tokenizer.decode(ids) == "<｜User｜><｜User｜>hi"


@pytest.mark.parametrize("family", ["own", *FAMILIES])
def test_no_thought_reaches_the_ids(family):
    tokenizer = deepseek_tokenizer(chat_template="{% for m in messages %}[{{ m.content }}]{% endfor %}")
    before = Message(role="assistant", content="<think>SECRET</think>4", reasoning="SECRET")
    ids = PromptEncoder(tokenizer, family=family).chat([QUESTION, before, FOLLOW_UP]).ids
    assert "SECRET" not in tokenizer.decode(ids)
    assert "4" in tokenizer.decode(ids)


def test_a_template_cannot_cut_an_answer_at_a_tag_that_is_no_token():
    tokenizer = fallback_tokenizer(chat_template="{{ messages[1].content.split('</think>')[-1] }}")
    messages = [QUESTION, Message(role="assistant", content="It ends in </think>, always."), FOLLOW_UP]
    assert "It ends in </think>, always." in tokenizer.decode(PromptEncoder(tokenizer).chat(messages).ids)


@given(text=hostile_text)
def test_a_count_is_what_the_text_takes_within_a_prompt(text):
    encoder = PromptEncoder(deepseek_tokenizer(), family="base")
    assert encoder.count(text) == len(encoder.complete(text).ids) - 1


SYSTEMLESS = "{% for m in messages %}{% if m.role == 'user' %}{{ m.content }}{% endif %}{% endfor %}"


@pytest.mark.parametrize(
    ("family", "template", "abilities"),
    [
        ("plain", None, {"can_chat", "takes_system_prompt"}),
        ("r1-0528", None, {"can_chat", "takes_system_prompt", "can_think"}),
        ("v3.1", None, {"can_chat", "takes_system_prompt", "can_think", "can_choose_thinking"}),
        ("v3.2", None, {"can_chat", "takes_system_prompt", "can_think", "can_choose_thinking"}),
        ("base", None, set()),
        ("own", None, {"can_think"}),
        ("own", OWN_TEMPLATE, {"can_chat", "takes_system_prompt", "can_think", "can_choose_thinking"}),
        ("own", SYSTEMLESS, {"can_chat", "can_think"}),
        ("own", "{{ raise_exception('never') }}", {"can_chat", "can_think"}),
        ("own", "{{ messages[0].content + none }}", {"can_chat", "can_think"}),
        (
            "own",
            "{% if messages[0].role == 'system' %}{{ raise_exception('no') }}{% endif %}",
            {"can_chat", "can_think"},
        ),
    ],
)
def test_what_a_format_offers(family, template, abilities):
    encoder = PromptEncoder(deepseek_tokenizer(chat_template=template), family=family)
    names = ("can_chat", "takes_system_prompt", "can_think", "can_choose_thinking")
    assert {name for name in names if getattr(encoder, name)} == abilities


def test_the_vocabulary_says_whether_a_gap_can_be_filled():
    assert PromptEncoder(deepseek_tokenizer()).can_infill
    assert not PromptEncoder(fallback_tokenizer()).can_infill
    assert not PromptEncoder(fallback_tokenizer()).can_think


def test_threads_may_share_an_encoder():
    encoder = PromptEncoder(deepseek_tokenizer(chat_template=OWN_TEMPLATE))
    chats = [conversation(f"question {number} <｜User｜> 你好") for number in range(40)]
    expected = [encoder.chat(chat) for chat in chats]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(encoder.chat, chats * 5)) == expected * 5


# --- replies that go on ------------------------------------------------------------------------------------------

THOUGHT = Begun(reasoning="Two and", is_thinking=True)
ANSWER = Begun(reasoning="Two and two.\n", answer="It is")
CLOSED = Begun(reasoning="Two and two.")
NOTHING = Begun()


@pytest.mark.parametrize(
    ("family", "begun", "ending"),
    [
        ("r1", THOUGHT, "<｜Assistant｜><think>\nTwo and"),
        ("r1", ANSWER, "<｜Assistant｜><think>\nTwo and two.\n</think>\n\nIt is"),
        ("r1", CLOSED, "<｜Assistant｜><think>\nTwo and two.\n</think>\n\n"),
        ("r1", NOTHING, "<｜Assistant｜><think>\n\n</think>\n\n"),
        ("r1-0528", THOUGHT, "<｜Assistant｜><think>\nTwo and"),
        ("r1-0528", ANSWER, "<｜Assistant｜><think>\nTwo and two.\n</think>\n\nIt is"),
        ("r1-0528", Begun(answer="It is"), "<｜Assistant｜>It is"),
        ("r1-0528", NOTHING, "<｜Assistant｜><think>\n\n</think>\n\n"),
        ("r1-zero", replace(ANSWER, answer=" It is"), ". Assistant: <think>Two and two. </think> It is"),
        ("v3.1", THOUGHT, "<｜Assistant｜><think>Two and"),
        ("v3.1", ANSWER, "<｜Assistant｜><think>Two and two.</think>It is"),
        ("v3.1", Begun(answer="It is"), "<｜Assistant｜></think>It is"),
        ("v3.2", NOTHING, "<｜Assistant｜></think>"),
        ("v2.5", ANSWER, "<｜Assistant｜>It is"),
        ("v2.5", THOUGHT, "<｜Assistant｜>"),
        ("plain", Begun(answer=" It is"), "\n\nAssistant: It is"),
        ("plain", NOTHING, "\n\nAssistant:"),
        ("coder", ANSWER, "### Response:\nIt is"),
        ("own", THOUGHT, "<｜Assistant｜><think>\nTwo and"),
        ("own", ANSWER, "<｜Assistant｜><think>\nTwo and two.\n</think>\n\nIt is"),
    ],
)
def test_what_was_begun_follows_the_prompt_as_the_family_writes_it(family, begun, ending):
    tokenizer = deepseek_tokenizer(chat_template=OWN_TEMPLATE)
    prompt = PromptEncoder(tokenizer, family=family).chat([QUESTION], begun=begun)
    text = tokenizer.decode(prompt.ids)
    assert text.endswith(ending)
    assert text.endswith(prompt.begun)
    assert list(prompt.ids) == tokenizer.encode(text, add_special_tokens=False)


@given(
    family=st.sampled_from(FAMILIES),
    begun=st.builds(Begun, reasoning=hostile_text, answer=st.just("") | hostile_text, is_thinking=st.just(False))
    | st.builds(Begun, reasoning=hostile_text, is_thinking=st.just(True)),
)
def test_control_tokens_in_what_was_begun_are_plain_text_but_for_the_familys_own_tags(family, begun):
    tokenizer = deepseek_tokenizer()
    encoder = PromptEncoder(tokenizer, family=family)
    prompt = encoder.chat([QUESTION], begun=begun)
    harmless = replace(begun, reasoning="x" * bool(begun.reasoning), answer="x" * bool(begun.answer))
    ids = encoder.chat([QUESTION], begun=harmless).ids
    assert control_ids(tokenizer, prompt.ids) == control_ids(tokenizer, ids)
    assert without_lone_byte_tokens(tokenizer.decode(prompt.ids)).endswith(without_lone_byte_tokens(prompt.begun))


def test_half_a_character_is_read_as_none():
    encoder = PromptEncoder(deepseek_tokenizer(), family="v2.5")
    half, none = (encoder.chat([Message(role="user", content=f"hi {end}")]).ids for end in ("\ud83d", "\ufffd"))
    assert half == none
    assert encoder.count("hi \ud83d") == encoder.count("hi \ufffd")
