"""Thoughts and answers of a remote model: what arrives decides, whatever the model is called, in every reply anew."""

from contextlib import contextmanager

import pytest

from deepseek_space.backends.remote.backend import RemoteBackend
from deepseek_space.backends.remote.server import Server
from deepseek_space.errors import RequestError, SpaceError
from deepseek_space.events import Answer, Done, Prefill, Reasoning, Resorted
from deepseek_space.models.downloads.transfer import Patience
from deepseek_space.types import Begun, Completion, Message, Request, Sampling
from openai_server import DROP, NO_MORE, Failure, card, delta, openai_server, spoken, text_piece, usage

KNOWN, OWN = "deepseek-ai/DeepSeek-R1", "my-r1"


def ask(*, stop=(), **fields):
    return Request(messages=(Message(role="user", content="2+2?"),), sampling=Sampling(stop=stop), **fields)


def told(events):
    """Return the thoughts and the answer that whoever has read ``events`` has in the end."""
    thought = answer = ""
    for event in events:
        match event:
            case Resorted():
                thought, answer = event.reasoning, event.answer
            case Reasoning(text=text):
                thought += text
            case Answer(text=text):
                answer += text
    return thought, answer


@contextmanager
def connected(name=OWN, owner="somebody", **facts):
    with openai_server(card(name, owner, **facts)) as server:
        backend = RemoteBackend(Server(url=server.url, patience=Patience(max_failures=1, longest_wait_s=0)))
        try:
            yield backend, server
        finally:
            backend.close()


@pytest.mark.parametrize("name", [KNOWN, OWN])
@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (spoken("Okay, the user\n", "</th", "ink>", "\n\n", "It is **4**."), ("Okay, the user", "It is **4**.")),
        (spoken("Hm.</think>4"), ("Hm.", "4")),
        (spoken("</think>\n\n4"), ("", "4")),
        (spoken("<think>\n", "Hm.\n</think>\n\n4"), ("Hm.", "4")),
        (spoken("<think>\nHm."), ("Hm.", "")),  # ended by itself within the thought
        ([delta("<think>\nHm", finish="length")], ("Hm", "")),
        (spoken("It is ", "4."), ("", "It is 4.")),
        (spoken("Hi.\n\n", "Bye."), ("", "Hi.\n\nBye.")),
        ([delta(reasoning_content="Hm."), *spoken("\n\n4, not </think>.")], ("Hm.", "4, not </think>.")),
        ([delta("\n"), delta(reasoning="Hm."), *spoken("4")], ("Hm.", "4")),
        ([delta(reasoning="Hm"), delta(finish="stop")], ("Hm", "")),
    ],
    ids=[
        "closing tag alone",
        "on one line",
        "nothing thought",
        "both tags",
        "ends in thought",
        "cut in thought",
        "no thought",
        "two paragraphs",
        "field",
        "field after a blank",
        "field alone",
    ],
)
def test_what_arrives_decides(name, script, expected):
    with connected(name) as (backend, server):
        server.says(script)
        assert told(backend.stream(ask())) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Use `</think>` here.",
        'The tag is "</think>".',
        "As in\n```\n</think>\n```\nthere.",
        "First <think>, then </think> ends it.",
    ],
)
def test_a_tag_that_is_quoted_ends_no_thought(text):
    with connected() as (backend, server):
        server.says(spoken(*text))
        assert told(backend.stream(ask())) == ("", text)


def test_no_reply_changes_how_the_next_is_read():
    thinks = spoken("Hm.\n</think>\n\n4")
    others = [spoken("Hm"), [delta("Hm", finish="length")], spoken("4"), spoken("`</think>`"), spoken("<think>Hm")]
    for name in (KNOWN, OWN):
        with connected(name) as (backend, server):
            for other in others:
                server.says(other, thinks)
                list(backend.stream(ask()))
                assert told(backend.stream(ask())) == ("Hm.", "4")


def test_a_server_that_was_started_anew_without_its_field_is_still_read():
    with connected(KNOWN) as (backend, server):
        server.says([delta(reasoning_content="Hm."), *spoken("4")], spoken("Hm.\n</think>\n\n4"))
        assert told(backend.stream(ask())) == told(backend.stream(ask())) == ("Hm.", "4")


def test_a_thought_that_was_shown_as_answer_is_told_to_be_none_at_once():
    with connected() as (backend, server):
        server.says(spoken("Hm.\n", "</think>", "\n\n", "4"))
        events = [event for event in backend.stream(ask()) if getattr(event, "text", "") or isinstance(event, Resorted)]
        assert [event.kind for event in events] == ["answer", "resorted", "answer"]


# -- stop strings -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "opening"), [(KNOWN, "<think>\n"), (KNOWN, ""), (OWN, "<think>\n")])
def test_a_stop_string_ends_the_answer_and_not_the_thought(name, opening):
    with connected(name, "vllm") as (backend, server):
        server.limits_thoughts = False
        server.says(spoken(opening, "Maybe END.\n</think>\n\nIt is 4. E", "ND and more"))
        events = list(backend.stream(ask(stop=("END",))))
        assert told(events) == ("Maybe END.", "It is 4. ")
        assert events[-1].usage.finish_reason == "stop"
        assert "stop" not in server.asked[-1].body
        assert server.asked[-1].body["stream_options"] == {"include_usage": True, "continuous_usage_stats": True}


@pytest.mark.parametrize("owner", ["vllm", "llamacpp"])
def test_a_server_that_says_that_its_template_opens_a_thought_is_believed_whatever_the_name(owner):
    with connected(OWN, owner) as (backend, server):
        server.limits_thoughts, server.prompt = False, "<｜User｜>?<｜Assistant｜><think>\n"
        server.says(spoken("Maybe END.\n</think>\n\n4. END."))
        assert told(backend.stream(ask(stop=("END",)))) == ("Maybe END.", "4. ")
        assert backend.status().can_think
        server.says([delta("Maybe", finish="length")])
        assert told(backend.stream(ask())) == ("Maybe", "")


def test_a_server_that_takes_thoughts_apart_is_seen_to_before_the_first_reply():
    with connected(KNOWN, "vllm") as (backend, server):
        server.has_field = True
        server.says([delta("4", finish="length")])
        assert told(backend.stream(ask())) == ("", "4")


def test_a_template_that_opens_none_is_believed_against_the_name():
    with connected(KNOWN, "llamacpp") as (backend, server):
        server.prompt = "<｜User｜>?<｜Assistant｜>"
        server.says([delta("4", finish="length")])
        assert told(backend.stream(ask())) == ("", "4")


def test_a_thought_in_a_field_may_mention_one():
    with connected() as (backend, server):
        server.says([delta(reasoning_content="Maybe END."), *spoken("4. END.")])
        assert told(backend.stream(ask(stop=("END",)))) == ("Maybe END.", "4. ")


def test_an_answer_that_was_taken_for_a_thought_ends_at_one_too():
    with connected(KNOWN) as (backend, server):
        server.says(spoken("It is 4. END and more"))
        assert told(backend.stream(ask(stop=("END",)))) == ("", "It is 4. ")


def test_a_reply_that_is_left_at_a_stop_string_has_the_figures_that_came_till_then():
    with connected(owner="llamacpp") as (backend, server):
        figures = {"cache_n": 3, "prompt_n": 8, "predicted_n": 2}
        server.says([delta("4 "), {**delta("END"), "timings": figures}, delta("never read"), usage(99, 99)])
        usage_told = list(backend.stream(ask(stop=("END",))))[-1].usage
        assert server.asked[-1].body["timings_per_token"]
        assert (usage_told.prompt_tokens, usage_told.cached_tokens, usage_told.generated_tokens) == (11, 3, 2)


@pytest.mark.parametrize(
    ("name", "owner", "request_"),
    [
        ("deepseek-ai/DeepSeek-V3", "vllm", ask(stop=("END",))),
        ("deepseek-ai/DeepSeek-V3.1", "vllm", ask(stop=("END",), thinking=False)),
        ("deepseek-reasoner", "deepseek", ask(stop=("END",))),  # minds them in the answer alone
        (OWN, "vllm", ask(stop=("END",), begun=Begun(answer="4"))),
        (KNOWN, "vllm", ask(stop=("END",), begun=Begun(reasoning="Hm."))),
        (OWN, "vllm", Completion(prefix="a", sampling=Sampling(stop=("END",)))),
    ],
)
def test_the_server_minds_them_where_no_thought_may_come(name, owner, request_):
    with connected(name, owner) as (backend, server):
        is_text = isinstance(request_, Completion) or name == KNOWN
        server.says([text_piece("4 END.", "stop") if is_text else delta("4 END.", finish="stop")])
        assert told(backend.stream(request_)) == ("", "4 ")  # cut off here as well: some leave it in the text
        assert server.asked[-1].body["stop"] == ["END"]


def test_a_thought_that_is_gone_on_with_may_mention_one():
    with connected(KNOWN, "vllm") as (backend, server):
        server.says([text_piece("END\n</think>\n\n4 END.", "stop")])
        events = backend.stream(ask(stop=("END",), begun=Begun(reasoning="Maybe", is_thinking=True)))
        assert told(events) == ("END", "4 ")
        assert "stop" not in server.asked[-1].body


# -- pieces -------------------------------------------------------------------------------------------------


def test_progress_beside_text_loses_neither():
    with connected(owner="llamacpp") as (backend, server):
        opening = {**delta("<think>\n"), "prompt_progress": {"processed": 0, "total": 24}}
        halfway = {**delta(), "prompt_progress": {"processed": 12, "total": 24}}
        server.says([opening, halfway, *spoken("Hm.\n</think>\n\n4")])
        events = list(backend.stream(ask()))
        assert [event for event in events if isinstance(event, Prefill) and event.read] == [Prefill(read=12, total=24)]
        assert told(events) == ("Hm.", "4")
        assert not any(isinstance(event, Resorted) for event in events)


@pytest.mark.parametrize("name", [KNOWN, OWN])
def test_an_end_without_a_reason_is_an_end(name):
    with connected(name) as (backend, server):
        server.says([delta("Two and "), delta("two make four.")])
        events = list(backend.stream(ask()))
        assert told(events) == ("", "Two and two make four.")
        assert events[-1].usage.finish_reason == "stop"


@pytest.mark.parametrize("end", [DROP, NO_MORE])
def test_a_connection_that_breaks_is_no_end(end):
    with connected() as (backend, server):
        server.says([delta("Two and "), end])
        with pytest.raises(SpaceError, match="broke"):
            list(backend.stream(ask()))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ([{"type": "text", "text": "It is "}, {"type": "text", "text": "4."}], ("", "It is 4.")),
        ([{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"text": "4"}], ("Hm.", "4")),
        (
            [{"type": "thinking", "thinking": "Hm."}, {"type": "image"}, "?", {"type": "text", "text": None}],
            ("Hm.", ""),
        ),
        (4, ("", "")),
    ],
)
def test_content_may_be_a_list_of_parts(content, expected):
    with connected() as (backend, server):
        server.says([delta(content=content), delta(finish="stop")])
        assert told(backend.stream(ask())) == expected


@pytest.mark.parametrize("field", ["content", "reasoning_content"])
def test_a_character_that_was_cut_in_two_is_joined_and_half_a_one_is_none(field):
    with connected() as (backend, server):
        halves = [delta(**{field: text}) for text in ("ok \ud83d", "\ude0a!", " \ude0a ", "\ud83d")]
        server.says([*halves, delta(finish="stop")])
        events = list(backend.stream(ask()))
        assert "".join(told(events)) == "ok 😊! \ufffd \ufffd"
        for event in events:
            getattr(event, "text", "").encode()


def test_half_a_character_in_a_question_is_sent_as_none():
    with connected() as (backend, server):
        list(backend.stream(Request(messages=(Message(role="user", content="\ud83d\ude0a \ud83d"),))))
        assert server.asked[-1].body["messages"][0]["content"] == "😊 \ufffd"


def test_what_a_server_says_of_itself_is_valid_text_too():
    with connected("my-\ud83d") as (backend, server):
        server.says(Failure(status=400, body='{"error": {"message": "no \\ud83d"}}'))
        with pytest.raises(RequestError, match="no \ufffd"):
            list(backend.stream(ask()))
        assert backend.status().model == "my-\ufffd"


# -- the limit of thoughts ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [KNOWN, OWN])
def test_thoughts_are_limited_where_the_server_takes_a_limit(name):
    with connected(name, "vllm") as (backend, server):
        list(backend.stream(ask(thinking_budget=5)))
        assert server.asked[-1].body["thinking_token_budget"] == 5
        assert (backend.status().can_think, backend.status().can_limit_thoughts) == (True, True)
        assert backend.status().can_answer_now == (name == KNOWN)  # by the published prompt


@pytest.mark.parametrize("name", [KNOWN, OWN])
@pytest.mark.parametrize("owner", ["vllm", "llamacpp", "sglang", "somebody"])
def test_a_limit_that_would_be_ignored_is_refused_and_not_offered(name, owner):
    with connected(name, owner) as (backend, server):
        server.limits_thoughts = False
        with pytest.raises(RequestError, match="cannot limit thoughts to 5 tokens"):
            list(backend.stream(ask(thinking_budget=5)))
        assert not backend.status().can_limit_thoughts
        assert server.asked == []


def test_a_limit_is_nothing_to_a_model_that_does_not_think():
    with connected("deepseek-ai/DeepSeek-V3", "vllm") as (backend, server):
        list(backend.stream(ask(thinking_budget=5)))
        assert "thinking_token_budget" not in server.asked[-1].body


def test_a_thought_that_is_gone_on_with_keeps_its_limit():
    with connected(KNOWN, "vllm") as (backend, server):
        thinks = Begun(reasoning="Hm", is_thinking=True)
        list(backend.stream(ask(thinking_budget=5, begun=thinks)))
        assert server.asked[-1].body["thinking_token_budget"] == 5  # vLLM counts what the prompt holds of it
        list(backend.stream(ask(thinking_budget=5, begun=Begun(reasoning="Hm", answer="4"))))
        assert "thinking_token_budget" not in server.asked[-1].body


def test_the_server_is_asked_once_and_anew_after_it_was_away():
    with connected(KNOWN, "vllm") as (backend, server):
        server.prompt = "<think>"
        for _ in range(3):
            backend.look().result(10)
        assert server.trials == ["/tokenize", "/detokenize", "/v1/chat/completions"]
        listed, server.models = server.models, Failure(status=500)
        backend.look().result(10)
        server.models, server.limits_thoughts = listed, False
        backend.look().result(10)
        assert server.trials[3:] == server.trials[:3]
        assert not backend.status().can_limit_thoughts


# -- what is known of it ------------------------------------------------------------------------------------


def test_a_reply_takes_back_that_nothing_answers():
    with connected(KNOWN) as (backend, server):
        backend.look().result(10)
        listed, server.models = server.models, Failure(status=500)
        backend.look().result(10)
        assert backend.status().state == "failed"
        server.models = listed
        assert isinstance(list(backend.stream(ask()))[-1], Done)
        assert backend.status().state == "ready"


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("/srv/models/my r1.Q4_K_M.gguf", "my r1.Q4_K_M"),
        ("models/r1-00001-of-00009.gguf", "r1"),
        ("C:\\models\\r1.gguf", "r1"),
        ("~/checkpoints/r1/", "r1"),
        ("/models/DeepSeek-R1", "DeepSeek R1"),
        ("some/model", "some/model"),
        ("accounts/some/models/r1", "accounts/some/models/r1"),
        ("model.v2", "model.v2"),
    ],
)
def test_the_path_of_a_file_is_no_title(name, title):
    with connected(name, "llamacpp") as (backend, server):
        assert isinstance(list(backend.stream(ask()))[-1], Done)
        assert backend.status().model == title
        assert server.asked[-1].body["model"] == name


@pytest.mark.parametrize("wanted", ["r1", "/srv/b/r1.gguf", "second"])
def test_a_model_is_named_by_what_is_seen_of_it_or_by_another_name_it_has(wanted):
    cards = card("/srv/a/v3.gguf", "llamacpp"), card("/srv/b/r1.gguf", "llamacpp", aliases=["second"])
    with openai_server(*cards) as server:
        backend = RemoteBackend(Server(url=server.url), model=wanted)
        list(backend.stream(ask()))
        assert server.asked[-1].body["model"] == "/srv/b/r1.gguf"
        backend.close()
        backend = RemoteBackend(Server(url=server.url))
        backend.look().result(10)
        assert "several models: v3, r1. Name one" in backend.status().error
        backend.close()
