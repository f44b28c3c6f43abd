"""The routes, asked by OpenAI's own client, and by this app as if it were a server elsewhere."""

import threading

import gradio as gr
import httpx
import openai
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from deepseek_space.api.access.door import Door
from deepseek_space.api.routes import install
from deepseek_space.api.wire.request_body import MAX_BODY_BYTES
from deepseek_space.api.wire.telling import Patience
from deepseek_space.backends.remote.backend import RemoteBackend
from deepseek_space.backends.remote.server import Server
from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.backends.scripted.script import Scene
from deepseek_space.errors import BusyError
from deepseek_space.events import Answer, Prefill, Reasoning, Resorted
from deepseek_space.keys import read_keys
from deepseek_space.status import Status
from deepseek_space.types import Message, Request

SCRIPT = (
    Scene(cue="break", answer="Half an", breaks_off="The engine broke off."),
    Scene(cue="slow", reasoning="hm " * 5000, answer="late"),
    Scene(cue="", reasoning="Six sevens.", answer="It is 42."),
)


class Watched(ScriptedBackend):
    """Tells when a stream was closed early, and may be too busy to answer."""

    def __init__(self):
        super().__init__(SCRIPT, delay_s=0.001)
        self.left = threading.Event()
        self.is_busy = self.is_loading = False
        self.may_speak = threading.Event()

    def status(self):
        return Status(state="loading", model="fake", loading_model="fake") if self.is_loading else super().status()

    def stream(self, request):
        if self.is_busy:
            raise BusyError("64 requests are waiting already. Try again in a moment.")
        while request.messages[-1].content == "long prompt" and not self.may_speak.wait(0.01):
            yield Prefill(read=1, total=2)
        try:
            yield from super().stream(request)
        except GeneratorExit:
            self.left.set()
            raise


@pytest.fixture(scope="module")
def backend():
    return Watched()


@pytest.fixture(scope="module")
def pages(backend):
    """Return the addresses of an open page and of one with a password."""
    opened, addresses = [], []
    for credentials in (None, ("ada", "s:cret")):
        with gr.Blocks() as page:
            gr.Markdown("A page.")
        routes, url, _ = page.launch(server_name="127.0.0.1", prevent_thread_lock=True, quiet=True, auth=credentials)
        door = Door(read_keys(password=":".join(credentials or ())))
        install(routes, backend, door=door, patience=Patience(first_word_s=0.05, silence_s=0.02))
        opened.append(page)
        addresses.append(f"{url}v1")
    yield addresses
    for page in opened:
        page.close()


@pytest.fixture(scope="module")
def client(pages):
    with openai.OpenAI(base_url=pages[0], api_key="none", max_retries=0) as client:
        yield client


def ask(client, text="What is 6 × 7?", **options):
    return client.chat.completions.create(model="fake", messages=[{"role": "user", "content": text}], **options)


def test_the_model_that_answers_is_listed(client):
    assert [(model.id, model.owned_by) for model in client.models.list()] == [("fake", "deepseek-space")]


def test_a_reply_comes_whole_with_thoughts_and_figures(client):
    reply = ask(client)
    message = reply.choices[0].message
    assert (message.content, message.reasoning_content) == ("It is 42.", "Six sevens.")
    assert (reply.model, reply.object, reply.choices[0].finish_reason) == ("fake", "chat.completion", "stop")
    assert (reply.usage.completion_tokens, reply.usage.prompt_tokens_details.cached_tokens) == (5, 0)


def test_a_reply_comes_in_pieces(client):
    pieces = list(ask(client, stream=True, stream_options={"include_usage": True}))
    deltas = [piece.choices[0].delta for piece in pieces if piece.choices]
    assert deltas[0].role == "assistant"
    assert "".join(getattr(delta, "reasoning_content", "") for delta in deltas) == "Six sevens."
    assert "".join(delta.content or "" for delta in deltas) == "It is 42."
    assert [piece.choices[0].finish_reason for piece in pieces if piece.choices][-1] == "stop"
    assert pieces[-1].usage.total_tokens == pieces[-1].usage.prompt_tokens + 5
    assert len({piece.id for piece in pieces}) == 1
    assert all(piece.usage is None for piece in ask(client, stream=True))


def test_what_is_asked_for_reaches_the_model_and_the_rest_is_as_recommended(client, backend):
    extra = {"top_k": 40, "min_p": 0.1, "chat_template_kwargs": {"thinking": False}, "thinking_token_budget": 9}
    ask(client, temperature=0, max_tokens=3, seed=5, stop="END", extra_body={**extra, "logit_bias": {}})
    request = backend.requests[-1]
    sampling = request.sampling
    assert (sampling.temperature, sampling.max_new_tokens, sampling.seed, sampling.stop) == (0, 3, 5, ("END",))
    assert (sampling.top_k, sampling.min_p, sampling.top_p) == (40, 0.1, backend.status().sampling.top_p)
    assert (request.thinking, request.thinking_budget) == (False, 9)
    assert ask(client, max_completion_tokens=1).choices[0].finish_reason == "length"


def test_roles_and_parts_are_taken_as_openai_has_them(client, backend):
    parts = [{"type": "text", "text": "What is "}, {"type": "text", "text": "6 × 7?"}]
    messages = [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": parts}]
    client.chat.completions.create(model="fake", messages=messages)
    assert [(turn.role, turn.content) for turn in backend.requests[-1].messages] == [
        ("system", "Be brief."),
        ("user", "What is 6 × 7?"),
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"temperature": 9}, "temperature: Temperature is 9.0; it must be a number from 0 to 2."),
        ({"n": 9}, "n: Input should be less than or equal to 8."),
        ({"tools": [{"type": "function", "name": "f"}]}, 'tools.0: it must be {"type": "function"'),
        ({"text": "  "}, "The message is empty."),
        ({"response_format": {"type": "json_object"}}, "response_format: the model that answers here cannot"),
        ({"logprobs": True}, "logprobs: a server behind this app is not asked for it."),
    ],
)
def test_what_cannot_be_used_is_refused_in_openai_s_words(client, options, said):
    with pytest.raises(openai.BadRequestError) as refused:
        ask(client, **options)
    assert refused.value.body["message"].startswith(said)
    assert refused.value.body["type"] == "invalid_request_error"


def test_a_picture_another_model_and_no_json_are_refused(client, pages):
    with pytest.raises(openai.BadRequestError, match="this app takes no pictures") as refused:
        ask(client, [{"type": "image_url", "image_url": {"url": "data:"}}])
    assert refused.value.param == "messages.0.content.0"
    with pytest.raises(openai.NotFoundError, match="There is no model gpt-4 here; fake answers"):
        client.chat.completions.create(model="gpt-4", messages=[{"role": "user", "content": "x"}])
    for content in (b"{oops", b" " * (MAX_BODY_BYTES + 1)):
        answer = httpx.post(f"{pages[0]}/chat/completions", content=content)
        assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


def test_a_full_queue_is_told_as_such(client, backend):
    backend.is_busy = True
    try:
        with pytest.raises(openai.RateLimitError, match="64 requests are waiting") as refused:
            ask(client)
        assert int(refused.value.response.headers["retry-after"]) > 0
    finally:
        backend.is_busy = False


def test_a_model_on_its_way_is_worth_another_try(client, backend):
    backend.is_loading = True
    try:
        for asked in (lambda: ask(client), client.models.list, lambda: client.models.retrieve("fake")):
            with pytest.raises(openai.InternalServerError, match="fake is not ready yet") as refused:
                asked()
            assert (refused.value.status_code, refused.value.code) == (503, "model_not_ready")
            assert int(refused.value.response.headers["retry-after"]) > 0
    finally:
        backend.is_loading = False


def test_a_stream_has_headers_and_signs_of_life_before_its_first_word(pages, backend):
    backend.may_speak.clear()
    body = {"messages": [{"role": "user", "content": "long prompt"}], "stream": True}
    with httpx.stream("POST", f"{pages[0]}/chat/completions", json=body, timeout=10) as answer:
        assert answer.headers["x-accel-buffering"] == "no"
        lines = answer.iter_lines()
        assert '"role": "assistant"' in next(lines)
        assert next(line for line in lines if line.startswith(":")) == ": keep-alive"
        backend.may_speak.set()
        assert list(lines)[-2] == "data: [DONE]"


def test_openai_s_client_takes_signs_of_life(client, backend):
    backend.may_speak.clear()
    threading.Timer(0.2, backend.may_speak.set).start()
    texts = [piece.choices[0].delta.content or "" for piece in ask(client, "long prompt", stream=True)]
    assert "".join(texts) == "It is 42."


def test_what_is_begun_is_gone_on_with(client, backend):
    messages = [{"role": "user", "content": "What is 6 × 7?"}, {"role": "assistant", "content": "It is"}]
    reply = client.chat.completions.create(model="fake", messages=messages)
    assert backend.requests[-1].begun.answer == "It is"
    assert reply.choices[0].message.content == " 42."


def test_one_model_can_be_asked_for(client):
    assert client.models.retrieve("fake").id == "fake"
    with pytest.raises(openai.NotFoundError, match="There is no model some/other here; fake answers"):
        client.models.retrieve("some/other")


@pytest.mark.parametrize(
    ("method", "path", "status", "says"),
    [
        ("POST", "embeddings", 404, "There is no /v1/embeddings here."),
        ("POST", "responses", 404, "There is no /v1/responses here."),
        ("POST", "responses", 404, "Ask the same of /v1/chat/completions."),
        ("POST", "embeddings", 404, "make no embeddings"),
        ("POST", "audio/speech", 404, "no sound"),
        ("POST", "images/generations", 404, "no pictures"),
        ("GET", "", 404, "There are /v1/models, /v1/chat/completions, /v1/completions and /v1/messages."),
        ("GET", "chat/completions", 405, "/v1/chat/completions wants POST."),
        ("DELETE", "models/fake", 405, "/v1/models/fake wants GET."),
    ],
)
def test_a_route_that_is_not_there_is_told_in_openai_s_shape(pages, method, path, status, says):
    answer = httpx.request(method, f"{pages[0]}/{path}")
    assert answer.status_code == status
    assert says in answer.json()["error"]["message"]
    assert httpx.request(method, f"{pages[1]}/{path}").status_code == 401


def test_a_reply_that_breaks_off_ends_with_an_error(client):
    with pytest.raises(openai.APIError, match="The engine broke off"):
        list(ask(client, "break", stream=True))
    with pytest.raises(openai.InternalServerError, match="The engine broke off"):
        ask(client, "break")


def test_a_client_that_leaves_ends_its_reply(client, backend):
    backend.left.clear()
    with ask(client, "slow", stream=True) as stream:
        next(iter(stream))
    assert backend.left.wait(10)
    backend.left.clear()
    with pytest.raises(openai.APITimeoutError):
        ask(client, "slow", timeout=0.5)
    assert backend.left.wait(10)


def test_the_key_is_name_and_password_where_the_page_has_them(pages):
    with openai.OpenAI(base_url=pages[1], api_key="ada:s:cret", max_retries=0) as client:
        assert ask(client).choices[0].message.content == "It is 42."
    with openai.OpenAI(base_url=pages[1], api_key="ada:wrong", max_retries=0) as client:
        for action in (client.models.list, lambda: ask(client)):
            with pytest.raises(openai.AuthenticationError, match="USER:PASSWORD"):
                action()


def test_this_app_can_be_the_server_of_another(pages):
    remote = RemoteBackend(Server(url=pages[0]))
    events = list(remote.stream(Request(messages=(Message(role="user", content="What is 6 × 7?"),))))
    remote.close()
    texts = {kind: "".join(event.text for event in events if isinstance(event, kind)) for kind in (Reasoning, Answer)}
    assert texts == {Reasoning: "Six sevens.", Answer: "It is 42."}
    assert events[-1].usage.generated_tokens == 5


class Unsorted(ScriptedBackend):
    """Takes a thought for the answer at first, as from a server that sends its closing tag alone."""

    def stream(self, request):
        *_, done = super().stream(request)
        yield from (Answer(text="Six sevens."), Resorted(reasoning="Six sevens."), Answer(text="It is 42."), done)


def test_a_thought_that_was_taken_for_the_answer_is_one_in_the_end_or_told_by_its_tag():
    routes = FastAPI()
    install(routes, Unsorted(SCRIPT, delay_s=0))
    client = openai.OpenAI(base_url="http://app/v1", api_key="-", http_client=TestClient(routes))
    ask = {"model": "", "messages": [{"role": "user", "content": "6 × 7?"}]}
    message = client.chat.completions.create(**ask).choices[0].message
    assert (message.reasoning_content, message.content) == ("Six sevens.", "It is 42.")
    pieces = client.chat.completions.create(**ask, stream=True)
    text = "".join(piece.choices[0].delta.content or "" for piece in pieces)
    assert text == "Six sevens.\n</think>\n\nIt is 42."  # what was sent cannot be taken back


@pytest.mark.parametrize("coding", ["utf-8", "latin-1"])
def test_a_key_may_have_any_letters(coding):
    app = FastAPI()
    install(app, ScriptedBackend(SCRIPT), door=Door(read_keys(password="ada:süß")))
    client = TestClient(app)
    statuses = [
        client.get("/v1/models", headers={b"authorization": b"Bearer " + key.encode(coding)}).status_code
        for key in ("ada:süß", "ada:suß")
    ]
    assert statuses == [200, 401]
