"""A model elsewhere: its replies as events, its figures, its facts, and the end of a stream that nobody reads."""

import threading
from contextlib import contextmanager

import pytest

from deepseek_space.backends.remote.backend import RemoteBackend
from deepseek_space.backends.remote.server import Server
from deepseek_space.errors import EngineStopped, ModelNotFound, RequestError, Unsupported
from deepseek_space.events import Answer, Done, Prefill, Queued, Reasoning
from deepseek_space.models.checkpoints.v3 import CLUSTER, R1
from deepseek_space.models.downloads.transfer import Patience
from deepseek_space.types import Begun, Completion, Message, Request, Sampling
from openai_server import UNTIL_LEFT, Failure, card, delta, openai_server, spoken, text_piece, usage

R1_CARD = card("deepseek-ai/DeepSeek-R1", max_model_len=65_536)
V3_1_CARD = card("deepseek-ai/DeepSeek-V3.1")


def ask(text="What is 6 × 7?", **fields):
    return Request(messages=(Message(role="user", content=text),), **fields)


def said(events, kind=Answer):
    return "".join(event.text for event in events if isinstance(event, kind))


@contextmanager
def connected(*cards, model="", **options):
    with openai_server(*(cards or (card("some/model"),))) as server:
        patience = Patience(max_failures=3, longest_wait_s=0)
        backend = RemoteBackend(Server(url=server.url, patience=patience, **options), model=model)
        try:
            yield backend, server
        finally:
            backend.close()


@pytest.fixture
def plain():
    with connected() as pair:
        yield pair


@pytest.fixture
def r1():
    with connected(R1_CARD) as pair:
        yield pair


def body(server):
    return server.asked[-1].body


# -- the stream ---------------------------------------------------------------------------------------------


def test_an_answer_comes_in_pieces_and_ends_with_its_figures(plain):
    backend, server = plain
    server.says(spoken("Forty", "-two", prompt=11, completion=4, prompt_tokens_details={"cached_tokens": 8}))
    events = list(backend.stream(ask()))
    assert [event.text for event in events if isinstance(event, Answer) and event.text] == ["Forty", "-two"]
    figures = events[-1].usage
    assert (figures.prompt_tokens, figures.cached_tokens, figures.generated_tokens) == (11, 8, 4)
    assert (figures.model, figures.finish_reason) == ("some/model", "stop")
    assert figures.time_to_first_token_s > 0
    assert figures.tokens_per_second > 0


def test_what_is_asked_for_is_openai_s_own_where_no_more_is_known(plain):
    backend, server = plain
    list(backend.stream(ask(sampling=Sampling(temperature=0.5, top_p=0.9, max_new_tokens=77, seed=3))))
    assert server.asked[-1].path == "/v1/chat/completions"
    assert "Authorization" not in server.asked[-1].headers
    assert body(server) == {
        "model": "some/model",
        "messages": [{"role": "user", "content": "What is 6 × 7?"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.5,
        "top_p": 0.9,
        "max_tokens": 77,
        "seed": 3,
    }


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_thoughts_in_a_field_of_their_own_are_thoughts(plain, field):
    backend, server = plain
    thought = [delta(**{field: text}) for text in ("Six", " sevens.\n")]
    server.says([*thought, delta("\n\n42, "), delta("not </think>.", finish="stop"), usage()])
    events = list(backend.stream(ask()))
    assert said(events, Reasoning) == "Six sevens."
    assert said(events) == "42, not </think>."


def test_thoughts_between_tags_are_thoughts(plain):
    backend, server = plain
    server.says(spoken("<thi", "nk>\nSix sevens.\n</th", "ink>\n\n42"))
    events = list(backend.stream(ask()))
    assert (said(events, Reasoning), said(events)) == ("Six sevens.", "42")


def test_thoughts_that_the_template_has_opened_are_thoughts(r1):
    backend, server = r1
    server.says(spoken("Six sevens.\n</think>\n\n42"))
    events = list(backend.stream(ask()))
    assert (said(events, Reasoning), said(events)) == ("Six sevens.", "42")


def test_an_answer_without_thoughts_is_one_once_the_server_was_seen_to_part_them(r1):
    backend, server = r1
    server.says([delta(reasoning_content="Six sevens."), *spoken("42")], spoken("42"))
    list(backend.stream(ask()))
    events = list(backend.stream(ask()))
    assert (said(events, Reasoning), said(events)) == ("", "42")


def test_an_answer_that_was_taken_for_a_thought_is_given_as_one_in_the_end(r1):
    backend, server = r1
    server.says(spoken("4", "2"))  # the template did not open a thought, against what was published
    events = list(backend.stream(ask()))
    assert said(events, Reasoning) == "42"
    assert (events[-2].reasoning, events[-2].answer) == ("", "42")


def test_a_thought_that_was_cut_off_is_no_answer(r1):
    backend, server = r1
    server.says([delta("Six sev", finish="length"), usage()])
    events = list(backend.stream(ask()))
    assert (said(events, Reasoning), said(events)) == ("Six sev", "")


def test_the_end_is_told_in_our_words(plain):
    backend, server = plain
    for theirs, ours in {"length": "length", "eos_token": "stop", "content_filter": "error"}.items():
        server.says([delta("x", finish=theirs), usage(prompt_cache_hit_tokens=5)])
        figures = list(backend.stream(ask()))[-1].usage
        assert (figures.finish_reason, figures.cached_tokens) == (ours, 5)


def test_a_server_that_gives_no_figures_is_counted_by_its_pieces(plain):
    backend, server = plain
    server.says([delta("a"), delta("b"), delta("c", finish="stop")])
    figures = list(backend.stream(ask()))[-1].usage
    assert (figures.generated_tokens, figures.cached_tokens) == (3, None)


def test_llama_cpp_tells_how_far_it_has_read():
    with connected(card("r1.gguf", "llamacpp", meta={"n_ctx": 4096})) as (backend, server):
        server.says([{"choices": [], "prompt_progress": {"total": 900, "processed": 512}}, *spoken("42")])
        assert Prefill(read=512, total=900) in list(backend.stream(ask()))
        sent = body(server)
        assert sent["return_progress"]
        assert (sent["top_k"], sent["min_p"], sent["repeat_penalty"]) == (0, 0.0, 1.0)  # its own defaults are others
        assert backend.status().context_tokens == 4096


# -- Stop ---------------------------------------------------------------------------------------------------


def test_closing_the_stream_closes_the_connection_in_mid_answer(plain):
    backend, server = plain
    server.says([delta("word "), UNTIL_LEFT])
    stream = backend.stream(ask())
    assert next(event for event in stream if isinstance(event, Answer)).text == "word "
    stream.close()
    assert server.left.wait(10)
    assert backend.status().active_requests == 0


def test_closing_the_stream_closes_the_connection_before_the_first_byte(plain):
    backend, server = plain
    server.says([UNTIL_LEFT])
    stream = backend.stream(ask())
    for event in stream:
        assert event == Prefill(read=0, total=0)
        if server.arrived.is_set():
            break
    stream.close()
    assert server.left.wait(10)


def test_while_nothing_comes_something_is_yielded(plain):
    backend, server = plain
    go_on = threading.Event()
    server.says([delta("one"), go_on, *spoken(" two")])
    stream = backend.stream(ask())
    assert next(event for event in stream if event == Answer(text="one"))
    assert next(stream) == Answer(text="")
    go_on.set()
    assert said(stream) == " two"


def test_closing_the_backend_ends_all_streams(plain):
    backend, server = plain
    server.says([delta("word "), UNTIL_LEFT])
    stream = backend.stream(ask())
    assert next(event for event in stream if isinstance(event, Answer))
    backend.close()
    with pytest.raises(EngineStopped):
        list(stream)
    with pytest.raises(EngineStopped):
        list(backend.stream(ask()))


def test_many_streams_run_at_once(plain):
    backend, server = plain
    go_on = threading.Event()
    server.says(*([delta(str(number)), go_on, *spoken("!")] for number in range(8)))
    streams = [backend.stream(ask()) for _ in range(8)]
    firsts = {next(event.text for event in stream if isinstance(event, Answer)) for stream in streams}
    assert firsts == {str(number) for number in range(8)}
    assert backend.status().active_requests == 8
    go_on.set()
    assert all(isinstance(list(stream)[-1], Done) for stream in streams)


# -- what is asked for --------------------------------------------------------------------------------------


def test_other_parameters_are_sent_where_they_are_not_neutral(plain):
    backend, server = plain
    list(backend.stream(ask(sampling=Sampling(top_k=40, min_p=0.1, repetition_penalty=1.1))))
    assert {name: body(server)[name] for name in ("top_k", "min_p", "repetition_penalty")} == {
        "top_k": 40,
        "min_p": 0.1,
        "repetition_penalty": 1.1,
    }


def test_a_reply_is_asked_for_no_longer_than_the_context_has_room(r1):
    backend, server = r1
    list(backend.stream(ask("a" * 20_000, sampling=Sampling(max_new_tokens=131_072))))
    assert 50_000 < body(server)["max_tokens"] < 65_536 - 5_000


def test_instructions_for_r1_head_the_question_and_old_thoughts_stay_here(r1):
    backend, server = r1
    turns = ("system", "Be brief."), ("user", "1"), ("assistant", "<think>\nhm\n</think>\n\none"), ("user", "2")
    list(backend.stream(Request(messages=tuple(Message(role=role, content=text) for role, text in turns))))
    assert [(turn["role"], turn["content"].strip()) for turn in body(server)["messages"]] == [
        ("user", "Be brief.\n\n1"),
        ("assistant", "one"),
        ("user", "2"),
    ]


@pytest.mark.parametrize(
    ("owner", "expected"),
    [
        ("vllm", {"chat_template_kwargs": {"thinking": True}}),
        ("sglang", {"chat_template_kwargs": {"thinking": True}}),
        ("deepseek", {"thinking": {"type": "enabled"}}),
        ("somebody", {}),
    ],
)
def test_thinking_is_chosen_in_the_way_that_each_server_documents(owner, expected):
    with connected(replaced(V3_1_CARD, owned_by=owner)) as (backend, server):
        list(backend.stream(ask(thinking=True)))
        sent = body(server)
        assert {name: sent[name] for name in ("thinking", "chat_template_kwargs") if name in sent} == expected
        assert backend.status().can_choose_thinking == bool(expected)


def replaced(entry, **facts):
    return {**entry, **facts}


def test_thoughts_are_limited_by_vllm_alone_and_left_out_where_there_is_a_choice(r1):
    backend, server = r1
    list(backend.stream(ask(thinking_budget=100)))
    assert body(server)["thinking_token_budget"] == 100
    with connected(replaced(V3_1_CARD, owned_by="sglang")) as (hybrid, other):
        list(hybrid.stream(ask(thinking_budget=0)))
        assert body(other)["chat_template_kwargs"] == {"thinking": False}
        with pytest.raises(RequestError, match="cannot limit thoughts to 100 tokens"):
            list(hybrid.stream(ask(thinking_budget=100)))


# -- the rest of a reply ------------------------------------------------------------------------------------

QUESTION = "<｜begin▁of▁sentence｜><｜User｜>What is 6 × 7?<｜Assistant｜>"


@pytest.mark.parametrize(
    ("begun", "prompt", "text", "thoughts", "answer"),
    [
        (Begun(reasoning="Six", is_thinking=True), "<think>\nSix", " sevens.\n</think>\n\n42", " sevens.", "42"),
        (Begun(reasoning="Six sevens."), "<think>\nSix sevens.\n</think>\n\n", "42", "", "42"),
        (Begun(reasoning="Six sevens.", answer="4"), "<think>\nSix sevens.\n</think>\n\n4", "2", "", "2"),
    ],
    ids=["in mid-thought", "answer now", "in mid-answer"],
)
def test_vllm_goes_on_by_the_published_prompt(r1, begun, prompt, text, thoughts, answer):
    backend, server = r1
    server.says([text_piece(text), text_piece("", finish="stop"), usage()])
    events = list(backend.stream(ask(begun=begun)))
    assert server.asked[-1].path == "/v1/completions"
    assert body(server)["prompt"] == QUESTION + prompt
    assert body(server)["add_special_tokens"] is False
    assert (said(events, Reasoning), said(events)) == (thoughts, answer)


def test_vllm_goes_on_with_the_answer_of_a_model_that_is_not_known_here(plain):
    backend, server = plain
    server.says([delta(reasoning_content="2"), delta(finish="stop"), usage()])  # its parser sees no thought's end
    events = list(backend.stream(ask(begun=Begun(reasoning="Six sevens.", answer="4"))))
    assert body(server)["messages"][-1] == {"role": "assistant", "content": "4"}
    assert (body(server)["continue_final_message"], body(server)["add_generation_prompt"]) == (True, False)
    assert (said(events, Reasoning), said(events)) == ("", "2")
    with pytest.raises(RequestError, match="not with a thought"):
        list(backend.stream(ask(begun=Begun(reasoning="Six", is_thinking=True))))


def test_deepseek_s_api_goes_on_with_an_answer_under_beta():
    with connected(card("deepseek-reasoner", "deepseek")) as (backend, server):
        list(backend.stream(ask(begun=Begun(reasoning="Six sevens.", answer="4"))))
        assert server.asked[-1].path == "/beta/chat/completions"
        last = {"role": "assistant", "content": "4", "prefix": True, "reasoning_content": "Six sevens."}
        assert body(server)["messages"][-1] == last


def test_a_server_of_which_it_is_not_documented_says_so():
    with connected(card("some/model", "sglang")) as (backend, _):
        with pytest.raises(RequestError, match="cannot go on with a reply"):
            list(backend.stream(ask(begun=Begun(answer="4"))))
        assert not backend.status().can_continue


# -- completion ---------------------------------------------------------------------------------------------


def test_a_text_is_continued_as_it_is(plain):
    backend, server = plain
    server.says([text_piece("return 1"), text_piece("", finish="stop"), usage()])
    events = list(backend.stream(Completion(prefix="def f():\n    ")))
    assert server.asked[-1].path == "/v1/completions"
    assert body(server)["prompt"] == "def f():\n    "
    assert said(events) == "return 1"
    with pytest.raises(Unsupported, match="not trained to fill gaps"):
        list(backend.stream(Completion(prefix="a", suffix="b")))


@pytest.mark.parametrize("kind", ["vllm", "llamacpp"])
def test_a_gap_is_filled_where_model_and_server_can(kind):
    gap = Completion(prefix="def f():\n", suffix="\n    return total\n")
    with connected(card("deepseek-ai/deepseek-coder-6.7b-base", kind)) as (backend, server):
        list(backend.stream(gap))
        assert body(server)["prompt"].startswith("<｜fim▁begin｜>def f():\n<｜fim▁hole｜>")
        assert body(server)["stop"] == ["\n    return total"]
        assert (backend.status().can_infill, backend.status().can_chat) == (True, False)
        with pytest.raises(Unsupported, match="base model"):
            list(backend.stream(ask()))
    with connected(card("deepseek-chat", "deepseek")) as (backend, server):
        list(backend.stream(gap))
        assert server.asked[-1].path == "/beta/completions"
        assert (body(server)["prompt"], body(server)["suffix"]) == (gap.prefix, gap.suffix)


# -- what is known of it ------------------------------------------------------------------------------------


def test_a_published_model_has_its_facts_but_none_of_this_machine(r1):
    backend, server = r1
    backend.look().result(10)
    status = backend.status()
    assert (status.state, status.model, status.device) == ("ready", "DeepSeek R1", f"remote: {server.host}")
    assert status.note == f"Runs on {server.host}. {R1.strengths}"
    assert status.sampling == R1.sampling
    assert status.context_tokens == 65_536
    assert set(status.warnings) == set(R1.warnings) - {CLUSTER}
    assert status.is_deepseek
    assert status.can_think
    assert not status.takes_system_prompt


def test_a_model_that_is_served_under_another_name_is_known_by_its_root():
    with connected(card("our-r1", root="/models/DeepSeek-R1")) as (backend, _):
        backend.look().result(10)
        assert backend.status().model == "DeepSeek R1"


def test_a_model_that_is_not_known_has_plain_defaults(plain):
    backend, server = plain
    assert backend.status().state == "loading"
    backend.look().result(10)
    status = backend.status()
    assert (status.state, status.sampling, status.is_deepseek) == ("ready", Sampling(), False)
    assert status.note == f"Runs on {server.host}. The chat template and the limits are those set there."


def test_hosted_names_that_change_their_meaning_are_taken_for_no_checkpoint():
    with connected(card("deepseek-chat", "deepseek"), card("deepseek-reasoner", "deepseek")) as (backend, _):
        backend.look().result(10)
        status = backend.status()
        assert status.state == "failed"
        assert "deepseek-chat, deepseek-reasoner. Name one with --model." in status.error
    with connected(card("deepseek-reasoner", "deepseek")) as (backend, _):
        backend.look().result(10)
        status = backend.status()
        assert (status.model, status.can_think, status.can_choose_thinking) == ("deepseek-reasoner", True, False)


def test_one_of_several_models_is_named():
    cards = (card("a"), card("b"))
    with connected(*cards, model="b") as (backend, server):
        list(backend.stream(ask()))
        assert body(server)["model"] == "b"
    with connected(*cards, model="c") as (backend, _), pytest.raises(ModelNotFound, match="It has: a, b"):
        list(backend.stream(ask()))


def test_a_server_that_lists_nothing_serves_the_model_that_was_named():
    with connected(model="deepseek-ai/DeepSeek-R1") as (backend, server):
        server.models = Failure(status=404)
        assert said(backend.stream(ask()), Reasoning) == "Hello."
        assert backend.status().model == "DeepSeek R1"


def test_the_operator_s_limit_counts_where_it_is_lower():
    with openai_server(R1_CARD) as server:
        backend = RemoteBackend(Server(url=server.url), context_tokens=8_000)
        backend.look().result(10)
        assert backend.status().context_tokens == 8_000
        backend.close()


def test_a_busy_server_is_asked_again_and_the_reader_hears_of_it(plain):
    backend, server = plain
    server.says(Failure(status=429, headers={"Retry-After": "0"}), Failure(status=503), spoken("at last"))
    events = list(backend.stream(ask()))
    assert Queued(position=0) in events
    assert said(events) == "at last"
    assert len(server.asked) == 3


def test_an_unknown_piece_is_passed_over(plain):
    backend, server = plain
    server.says([{"object": "ping"}, ": keep-alive\n\n", {"choices": None}, *spoken("42")])
    assert said(backend.stream(ask())) == "42"
