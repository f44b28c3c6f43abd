"""The public endpoints, called as their users call them: over HTTP with gradio_client."""

from dataclasses import replace
from itertools import pairwise

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from deepseek_space.text.bounds import MAX_CHARACTERS
from deepseek_space.types import Completion, Message, Request, Sampling
from waiting import until


@pytest.fixture(scope="module")
def client(url):
    return Client(url, verbose=False)


def test_only_these_endpoints_are_public(client):
    assert set(client.view_api(return_format="dict", print_info=False)["named_endpoints"]) == {
        "/chat",
        "/code",
        "/complete",
        "/edit",
        "/status",
    }


def test_each_parameter_but_the_first_has_a_default(client):
    endpoints = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    for name, first in (("/chat", "message"), ("/code", "task"), ("/edit", "instruction"), ("/complete", "prefix")):
        parameters = endpoints[name]["parameters"]
        assert [p["parameter_name"] for p in parameters if not p["parameter_has_default"]] == [first]


def test_chat_streams_the_answer_so_far(client, backend):
    job = client.submit("fibonacci please", api_name="/chat")
    answer = job.result()
    steps = [step for step in job.outputs() if step]
    assert "def fibonacci" in answer
    assert len(steps) > 3
    assert all(after.startswith(before) for before, after in pairwise(steps))
    assert backend.requests[-1].messages == (Message(role="user", content="fibonacci please"),)


def test_parameters_reach_the_backend(client, backend):
    client.predict(
        "hello",
        history=[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}],
        system_prompt="Be brief.",
        temperature=0,
        top_k=5,
        max_new_tokens=3,
        seed=7,
        stop=["END"],
        api_name="/chat",
    )
    request = backend.requests[-1]
    assert [message.role for message in request.messages] == ["system", "user", "assistant", "user"]
    assert request.sampling == Sampling(temperature=0, top_k=5, max_new_tokens=3, seed=7, stop=("END",))


def test_null_is_the_default_of_every_argument_but_the_first(client, backend):
    client.predict("hello", *[None] * 13, api_name="/chat")
    assert replace(backend.requests[-1], scope="") == Request(
        messages=(Message(role="user", content="hello"),), sampling=backend.status().sampling
    )
    assert "```python" in client.predict("fibonacci", *[None] * 11, api_name="/code")
    client.predict("def f():", *[None] * 9, api_name="/complete")
    assert replace(backend.requests[-1], scope="") == Completion(prefix="def f():", sampling=backend.status().sampling)


def test_history_may_be_as_gradio_s_chatbot_keeps_it_without_its_thoughts(client, backend):
    history = [
        {"role": "user", "content": [{"type": "text", "text": "a"}]},
        {"role": "assistant", "content": "hm", "metadata": {"title": "Thoughts"}},
        {"role": "assistant", "content": [{"type": "text", "text": "b"}], "metadata": {}},
    ]
    client.predict("hello", history=history, api_name="/chat")
    assert [turn.content for turn in backend.requests[-1].messages] == ["a", "b", "hello"]


def test_curl_may_give_the_first_arguments_alone(url):
    def call(*data):
        event = httpx.post(f"{url}gradio_api/call/chat", json={"data": list(data)}).json()["event_id"]
        return httpx.get(f"{url}gradio_api/call/chat/{event}").text

    told = call("hello")
    assert "event: complete" in told
    assert "event: error" not in told
    assert "message is None; it must be text" in call()


def test_what_is_left_out_is_what_the_model_recommends(client, backend):
    client.predict("hello", api_name="/chat")
    assert backend.requests[-1].sampling == backend.status().sampling


def test_code_streams_an_answer_with_code(client, backend):
    assert "```python" in client.predict("fibonacci", "Python", api_name="/code")
    assert "Python" in backend.requests[-1].messages[-1].content


def test_code_goes_on_from_earlier_turns_and_knows_the_files(client, backend):
    history = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    client.predict("fibonacci", history=history, files={"util.py": "x = 1\n"}, api_name="/code")
    first, second, last = backend.requests[-1].messages
    assert (first.content, second.content) == ("a", "b")
    assert "fibonacci\n\nutil.py\n```py\nx = 1\n```" in last.content


def test_edit_returns_the_changed_files_and_what_did_not_go_in(client, backend):
    files = {"a.py": "x = 1\r\n", "same.py": "\n"}
    *steps, edited = client.submit("count up", files, temperature=0, api_name="/edit")
    assert edited["files"] == {"a.py": "x = 2\r\n", "b.py": "import a\n"}
    missed = [(one["file"], one["reason"]) for one in edited["not_applied"]]
    assert missed[:2] == [("a.py", "its lines are not in the file"), ("d.py", "the edit breaks off")]
    assert missed[2][0] == "../c.py"
    assert "leads out" in missed[2][1]
    assert edited["not_applied"][0]["sought"] == "y = 2\n"
    assert edited["finish_reason"] == "stop"
    assert all(not step["files"] and edited["answer"].startswith(step["answer"]) for step in steps)
    system, asked = backend.requests[-1].messages
    assert "SEARCH/REPLACE" in system.content
    assert asked.content.startswith("count up\n\na.py\n```py\nx = 1")
    assert backend.requests[-1].sampling.temperature == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"instruction": " "}, "The instruction is empty"),
        ({"instruction": None}, "instruction is None"),
        ({"instruction": "x", "files": ["a"]}, r"files is \['a'\]; it must be"),
        ({"instruction": "x", "files": {"a.py": 5}}, "it must be text"),
        ({"instruction": "x", "files": {"path": ""}}, "A file named path cannot be sent"),
        ({"instruction": "x", "files": {"../a.py": ""}}, "leads out of the workspace"),
        ({"instruction": "x", "files": {"a.py": "", "A.py": ""}}, "many disks take for the same"),
        ({"instruction": "x", "files": {"a.py": "x" * MAX_CHARACTERS}}, "The instruction is 400,0.. characters long"),
        ({"instruction": "nothing"}, "Broken as scripted"),
    ],
)
def test_an_edit_that_cannot_be_asked_for_is_refused(client, arguments, says):
    with pytest.raises(AppError, match=says):
        client.predict(**arguments, api_name="/edit")


def test_status_tells_what_answers(client):
    status = client.predict(api_name="/status")
    assert (status["model"], status["device"], status["loaded"], status["state"]) == ("fake", "cpu", True, "ready")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"message": " \n"}, "The message is empty"),
        ({"message": "x" * (MAX_CHARACTERS + 1)}, "400,001 characters long"),
        ({"message": "hi", "temperature": 9}, "Temperature is 9"),
        ({"message": "hi", "history": ["x"]}, "history holds 'x'"),
        (
            {"message": "hi", "history": [{"role": "user", "content": "x" * 100_000}] * 4},
            r"The conversation is 400,002 characters long; the most that can be sent is 400,000\. Shorten it",
        ),
        (
            {"message": "hi", "history": [{"role": "user", "content": ""}] * 10_001},
            "history holds 10,001 messages; the most that can be sent is 10,000",
        ),
        (
            {"message": "hi", "history": [{"role": "user", "content": 5}]},
            "history holds {'role': 'user', 'content': 5}",
        ),
        ({"message": "hi", "history": [{"role": "tool", "content": "x"}]}, "history holds {'role': 'tool'"),
        ({"message": "hi", "history": [None]}, "history holds None"),
        (
            {"message": "hi", "history": [{"role": "user", "content": [{"type": "file", "file": {}}]}]},
            "history holds {'role': 'user', 'content'",
        ),
        ({"message": "hi", "history": {"role": "user"}}, "history is {'role': 'user'}; it must be a list"),
        ({"message": None}, "message is None; it must be text"),
        ({"message": ["hi"]}, r"message is \['hi'\]; it must be text"),
        ({"message": "hi", "system_prompt": 5}, "system_prompt is 5; it must be text"),
        ({"message": "hi", "stop": 5}, "Stop strings: 5 was given"),
        ({"message": "hi", "stop": [5]}, "at most 16"),
        ({"message": "hi", "top_k": "many"}, "Top-k is 'many'"),
        ({"message": "nothing"}, "Broken as scripted"),
    ],
)
def test_a_refusal_is_one_sentence_without_a_traceback(client, arguments, says):
    with pytest.raises(AppError, match=says) as caught:
        client.predict(**arguments, api_name="/chat")
    assert "Traceback" not in str(caught.value)


def test_thinking_is_the_clients_choice(client, backend):
    client.predict("fibonacci", thinking=False, thinking_budget=7, api_name="/chat")
    assert (backend.requests[-1].thinking, backend.requests[-1].thinking_budget) == (False, 7)
    client.predict("fibonacci", api_name="/chat")
    assert (backend.requests[-1].thinking, backend.requests[-1].thinking_budget) == (None, None)


def test_one_stop_string_may_stand_without_a_list(client, backend):
    client.predict("hello", stop="END", api_name="/chat")
    assert backend.requests[-1].sampling.stop == ("END",)


def test_thoughts_come_on_demand_between_tags(client):
    *_, whole = client.submit("fibonacci", show_thoughts=True, api_name="/chat")
    assert whole.startswith("<think>\nPlain recursion")
    assert "ready.\n</think>\n\nKeep the numbers" in whole
    cut = client.predict("fibonacci", show_thoughts=True, max_new_tokens=3, api_name="/chat")
    assert cut == "<think>\nPlain recursion repeats"
    assert client.predict("tabs", show_thoughts=True, api_name="/chat").startswith("A Makefile")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"thinking": "yes"}, "thinking is 'yes'; it must be true, false or null"),
        ({"thinking_budget": -1}, "Thinking budget is -1; it must be a whole number from 0"),
        ({"thinking_budget": "1"}, "Thinking budget is '1'"),
    ],
)
def test_a_thinking_choice_that_cannot_be_used_is_refused(client, arguments, says):
    with pytest.raises(AppError, match=says):
        client.predict("hi", **arguments, api_name="/chat")


def test_code_is_continued_and_gaps_are_filled(client, backend):
    assert client.predict("def fibonacci(n):\n", api_name="/complete").startswith("    if n < 2:")
    assert client.predict("return ", "fibonacci(n - 2)", temperature=0, api_name="/complete") == "fibonacci(n - 1) + "
    assert replace(backend.requests[-1], scope="") == Completion(
        prefix="return ", suffix="fibonacci(n - 2)", sampling=replace(backend.status().sampling, temperature=0)
    )
    with pytest.raises(AppError, match="nothing to continue"):
        client.predict(" ", api_name="/complete")
    with pytest.raises(AppError, match="prefix is 5; it must be text"):
        client.predict(5, api_name="/complete")


def test_an_unknown_language_is_refused(client):
    with pytest.raises(AppError, match="Klingon"):
        client.predict("hello", "Klingon", api_name="/code")


@pytest.mark.parametrize(
    ("task", "language", "says"), [(None, "Python", "task is None"), ("hi", [], r"language is \[\]")]
)
def test_a_task_that_is_no_text_is_refused(client, task, language, says):
    with pytest.raises(AppError, match=says):
        client.predict(task, language, api_name="/code")


def test_cancelling_a_job_stops_the_backend(client, backend):
    closed_before = backend.closed_early
    job = client.submit("slow", api_name="/chat")
    assert until(lambda: bool(job.outputs()))
    assert backend.status().active_requests == 1
    job.cancel()
    assert until(lambda: backend.status().active_requests == 0, within_s=2)
    assert backend.closed_early == closed_before + 1


def test_several_streams_run_at_once(client, backend):
    jobs = [client.submit("slow", api_name="/chat") for _ in range(6)]
    assert until(lambda: backend.status().active_requests == 6)
    for job in jobs:
        job.cancel()
    assert until(lambda: backend.status().active_requests == 0)
