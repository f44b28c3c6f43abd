"""Whatever goes wrong with a server elsewhere is told in a sentence that says what to do, without the key."""

import json
import socket

import pytest

from deepseek_space.backends.remote.backend import RemoteBackend
from deepseek_space.backends.remote.server import Server
from deepseek_space.errors import (
    BusyError,
    EngineError,
    KeyRefused,
    ModelNotFound,
    RemoteError,
    RequestError,
    SpaceError,
    Unreachable,
)
from deepseek_space.events import Answer
from deepseek_space.models.downloads.transfer import Patience
from deepseek_space.types import Message, Request, Sampling
from openai_server import DROP, NO_MORE, UNTIL_LEFT, Failure, card, delta, openai_server, spoken

KEY = "sk-secret-0123456789"
QUESTION = (Message(role="user", content="hello"),)


@pytest.fixture
def server():
    with openai_server(card("some/model")) as server:
        yield server


@pytest.fixture
def backend_at():
    backends = []

    def connect(url, *, model="", **options):
        patience = Patience(max_failures=2, longest_wait_s=0, longest_retry_after_s=60)
        backends.append(RemoteBackend(Server(url=url, patience=patience, **options), model=model))
        return backends[-1]

    yield connect
    for backend in backends:
        backend.close()


def refused(backend, **sampling):
    with pytest.raises(SpaceError) as caught:
        list(backend.stream(Request(messages=QUESTION, sampling=Sampling(**sampling))))
    return caught.value


def openai_error(message, **more):
    return json.dumps({"error": {"message": message, **more}})


def test_a_closed_port(backend_at):
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    backend = backend_at(f"http://127.0.0.1:{port}/v1")
    error = refused(backend)
    assert isinstance(error, Unreachable)
    assert str(error) == (
        f"127.0.0.1:{port} refuses the connection. Start the server there, or check the port in --remote."
    )
    assert (backend.status().state, backend.status().error) == ("failed", str(error))


def test_a_name_that_nobody_has(backend_at):
    error = refused(backend_at("http://there-is-no-such-host.invalid/v1"))
    assert isinstance(error, Unreachable)
    assert "there-is-no-such-host.invalid cannot be found. Check the address given with --remote" in str(error)


def test_a_server_without_tls(backend_at, server):
    error = refused(backend_at(server.url.replace("http://", "https://")))
    assert isinstance(error, Unreachable)
    assert f"No safe connection to {server.host}" in str(error)
    assert "whether it wants http:// instead of https:// in --remote" in str(error)


def test_silence(backend_at, server):
    server.says([UNTIL_LEFT])
    error = refused(backend_at(server.url, silence_s=0.2))
    assert isinstance(error, Unreachable)
    assert "has sent nothing for 0.2 s" in str(error)


def test_a_server_that_comes_back_is_ready_again(backend_at, server):
    backend = backend_at(server.url)
    server.says([DROP], spoken("hello"))
    refused(backend)
    backend.look().result(10)
    assert backend.status().state == "ready"
    assert any(isinstance(event, Answer) for event in backend.stream(Request(messages=QUESTION)))


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_missing_or_wrong_is_never_repeated(backend_at, server, status):
    failure = Failure(status=status, body=openai_error(f"Incorrect API key provided: {KEY}"))
    server.says(failure)
    without = refused(backend_at(server.url))
    assert isinstance(without, KeyRefused)
    assert f"asks for a key (HTTP {status}). Set the environment variable DEEPSEEK_SPACE_REMOTE_KEY" in str(without)
    backend = backend_at(server.url, key=KEY, key_name="OTHER_KEY")
    wrong = refused(backend)
    assert f"does not take the key (HTTP {status}). Set the environment variable OTHER_KEY" in str(wrong)
    server.models = failure
    backend.look().result(10)
    assert backend.status().state == "failed"
    assert not any(KEY in text for text in (str(wrong), repr(backend.status()), repr(wrong.__cause__)))


def test_the_key_goes_with_each_request_and_is_cut_out_of_what_comes_back(backend_at, server, caplog):
    server.says(Failure(status=500, body=openai_error(f"Bearer {KEY} made me stumble")))
    error = refused(backend_at(server.url, key=KEY))
    assert server.asked[0].headers["Authorization"] == f"Bearer {KEY}"
    assert "failed with HTTP 500 (Bearer … made me stumble)" in str(error)
    assert KEY not in caplog.text
    assert KEY not in repr(Server(url=server.url, key=KEY))


def test_a_redirect_is_not_followed(backend_at, server):
    with openai_server(card("elsewhere")) as elsewhere:
        target = f"{elsewhere.url}/chat/completions"
        server.says(Failure(status=307, headers={"Location": target}))
        error = refused(backend_at(server.url, key=KEY))
        assert str(error) == f"{server.host} redirects to {target}. Give that address with --remote."
        assert elsewhere.asked == []


def test_a_model_that_the_server_forgot(backend_at, server):
    server.says(Failure(status=404, body=openai_error("The model `some/model` does not exist.")))
    error = refused(backend_at(server.url))
    assert isinstance(error, ModelNotFound)
    assert "has no model some/model (The model `some/model` does not exist). Name another one with --model." in str(
        error
    )


def test_an_address_without_its_end(backend_at, server):
    server.models = server.scripts[0] = Failure(status=404, body='{"detail":"Not Found"}')
    for backend in (backend_at(server.url), backend_at(server.url, model="some/model")):
        assert "has nothing there (HTTP 404). Check the address given with --remote: most servers want /v1" in str(
            refused(backend)
        )


def test_a_web_page_in_place_of_an_answer(backend_at, server):
    server.says(Failure(status=200, body="<html>Log in</html>", content_type="text/html; charset=utf-8"))
    assert "answers with text/html, not in the OpenAI protocol" in str(refused(backend_at(server.url)))
    server.models = server.scripts[0]
    assert "answers with text/html, not in the OpenAI protocol" in str(refused(backend_at(server.url)))
    server.models = Failure(status=200, body='{"hello": "world"}')
    assert "no list of models" in str(refused(backend_at(server.url)))


def test_too_many_requests(backend_at, server):
    server.says(Failure(status=429))
    error = refused(backend_at(server.url))
    assert isinstance(error, BusyError)
    assert "is busy (HTTP 429). Send the message again in a minute." in str(error)
    assert len(server.asked) == 2


def test_too_long_a_wait_is_told_and_not_waited_for(backend_at, server):
    server.says(Failure(status=429, body="", headers={"Retry-After": "3600"}))
    error = refused(backend_at(server.url))
    assert str(error) == f"{server.host} is busy (HTTP 429) and asks to wait 3600 s. Send the message again then."
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("field", "value", "label"),
    [
        ("top_k", 40, "Top-k"),
        ("min_p", 0.1, "Min-p"),
        ("repetition_penalty", 1.2, "Repetition penalty"),
        ("max_new_tokens", 100_000, "Maximum new tokens"),
        ("seed", 7, "Seed"),
        ("stop", ("END",), "Stop strings"),
    ],
)
def test_a_parameter_that_the_server_does_not_know_is_called_as_on_the_page(backend_at, server, field, value, label):
    server.models = {"data": [card("deepseek-ai/DeepSeek-V3")]}  # does not think: stop strings are sent as they are
    theirs = "max_tokens" if field == "max_new_tokens" else field
    backend = backend_at(server.url)
    for failure in (
        Failure(status=400, body=openai_error(f"Unrecognized request argument supplied: {theirs}")),
        Failure(status=422, body=json.dumps({"detail": [{"loc": ["body", theirs], "msg": "Extra inputs"}]})),
        Failure(status=400, body=openai_error("Unsupported parameter.", param=theirs)),
    ):
        server.says(failure)
        error = refused(backend, **{field: value})
        assert isinstance(error, RequestError)
        assert f"does not take {label} as it is set" in str(error)
        assert "Reset it under Parameters and send the message again." in str(error)


def test_any_other_refusal_is_told_in_the_server_s_words(backend_at, server):
    server.says(Failure(status=400, body=openai_error("This model's maximum context length is 4096 tokens.")))
    error = refused(backend_at(server.url))
    assert isinstance(error, RequestError)
    assert "refuses the request: This model's maximum context length is 4096 tokens." in str(error)


def test_a_server_that_fails(backend_at, server):
    server.says(Failure(status=502, body="<h1>Bad gateway</h1>", content_type="text/html"))
    error = refused(backend_at(server.url))
    assert isinstance(error, RemoteError)
    assert str(error) == (f"{server.host} failed with HTTP 502. Try again; if it stays so, its own log says more.")


def test_a_stream_that_is_cut(backend_at, server):
    for script in ([delta("half an"), DROP], [delta("half an"), NO_MORE]):
        server.says(script)
        stream = backend_at(server.url).stream(Request(messages=QUESTION))
        assert next(event for event in stream if isinstance(event, Answer)) == Answer(text="half an")
        with pytest.raises(SpaceError, match="The connection to 127"):
            list(stream)


def test_a_piece_that_is_no_json(backend_at, server):
    server.says([delta("half an"), "data: {oops\n\n"])
    assert "sent a piece of the answer that is no JSON: '{oops'" in str(refused(backend_at(server.url)))


def test_an_error_within_the_stream(backend_at, server):
    server.says([delta("half an"), {"error": {"message": "CUDA out of memory.", "code": 500}}])
    error = refused(backend_at(server.url))
    assert isinstance(error, EngineError)
    assert "broke the answer off: CUDA out of memory. Send the message again." in str(error)
