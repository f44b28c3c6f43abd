"""llama.cpp's real server behind the page: a small model that a grammar makes think, in each of its conventions.

``--reasoning-format`` is the default of a field that requests have too; so one server with a known name and one with
none but its file's play all of them.
"""

import json
from contextlib import contextmanager
from dataclasses import replace

import pytest

from deepseek_space.backends.remote.backend import RemoteBackend
from deepseek_space.backends.remote.server import Server
from deepseek_space.errors import RequestError
from deepseek_space.events import Answer, Done, Prefill, Reasoning, Resorted
from deepseek_space.types import Begun, Message, Request, Sampling
from llamacpp_server import OPAQUE_TEMPLATE, llamacpp_server

pytestmark = pytest.mark.starter

KNOWN, OWN = "deepseek-ai/DeepSeek-R1", ""
FORMATS = ("none", "auto", "deepseek")


@pytest.fixture(scope="module")
def urls(starter_gguf):
    with llamacpp_server(starter_gguf, alias=KNOWN) as known, llamacpp_server(starter_gguf) as own:
        yield {KNOWN: known, OWN: own}


@contextmanager
def speaking(url, convention):
    """Yield what makes the server say a text; it returns the events of the reply."""
    backend = RemoteBackend(Server(url=url))
    pieces = backend._connection.pieces

    def reply(text, *, stop=(), most=40, **fields):
        grammar = {"grammar": f"root ::= {json.dumps(text)}", "reasoning_format": convention}
        backend._connection.pieces = lambda order: pieces(replace(order, body={**order.body, **grammar}))
        sampling = Sampling(temperature=0, max_new_tokens=most, stop=stop)
        question = (Message(role="user", content="2?"),)
        return list(backend.stream(Request(messages=question, sampling=sampling, **fields)))

    reply.backend = backend
    try:
        yield reply
    finally:
        backend.close()


@pytest.fixture(params=[(name, convention) for name in (KNOWN, OWN) for convention in FORMATS], ids=str)
def says(request, urls):
    """What makes the server say a text, in one convention and under one name."""
    name, convention = request.param
    with speaking(urls[name], convention) as reply:
        yield reply


def told(events):
    """Return thoughts, answer, and why it ended, as they stand in the end."""
    thought = answer = ""
    for event in events:
        match event:
            case Resorted():
                thought, answer = event.reasoning, event.answer
            case Reasoning(text=text):
                thought += text
            case Answer(text=text):
                answer += text
    assert isinstance(events[-1], Done)
    return thought, answer, events[-1].usage.finish_reason


def test_a_reply_is_sorted_whatever_the_one_before_was(says):
    assert told(says("Hm")) == ("Hm", "", "stop")  # ends within its thought
    assert told(says("Hm END", most=2))[1:] == ("", "length")
    events = says("Hm END\n</think>\n\n4 END", stop=("END",))
    assert told(events) == ("Hm END", "4 ", "stop")
    usage = events[-1].usage
    assert usage.prompt_tokens > 10
    assert usage.generated_tokens > 5
    assert any(isinstance(event, Prefill) and event.total for event in events)


def test_what_it_cannot_do_is_refused_by_name_and_not_offered(says):
    for fields in ({"thinking_budget": 3}, {"begun": Begun(reasoning="Hm", is_thinking=True)}):
        with pytest.raises(RequestError, match=r"cannot (limit thoughts|go on)"):
            says("Hm", **fields)
    status = says.backend.status()
    assert (status.can_limit_thoughts, status.can_answer_now, status.can_continue) == (False, False, False)
    assert status.model in ("DeepSeek R1", "SmolLM2-135M-Instruct")  # and not the path of a file


def test_a_thought_is_one_where_only_its_closing_tag_comes(starter_gguf):
    with llamacpp_server(starter_gguf, template=OPAQUE_TEMPLATE) as url, speaking(url, "auto") as says:
        assert told(says("Hm")) == ("", "Hm", "stop")  # ended without a tag: more use as an answer
        assert told(says("Hm END", most=2))[1:] == ("", "length")
        assert told(says("Hm END\n</think>\n\n4 END", stop=("END",))) == ("Hm END", "4 ", "stop")
