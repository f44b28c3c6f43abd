"""A password cannot be guessed at any speed, whichever way it comes."""

from base64 import b64encode

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from deepseek_space.keys import read_keys
from deepseek_space.ui.gate.password_attempts import PasswordAttempts

RIGHT = "ada:пароль"


class Clock:
    now_s = 0.0

    def __call__(self):
        return self.now_s


async def _login(request):
    return PlainTextResponse("", 200 if (await request.body()) == RIGHT.encode() else 400)


def _page(request):
    return PlainTextResponse("the page")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def client_of(clock):
    routes = [Route("/login", _login, methods=["POST"]), Route("/{path:path}", _page)]
    layer = Middleware(PasswordAttempts, keys=read_keys(password=RIGHT), clock=clock)
    app = Starlette(routes=routes, middleware=[layer])
    return lambda address: TestClient(app, client=(address, 1))


def by_form(client, password):
    return client.post("/login", content=password.encode())


def by_key(client, password):
    return client.get("/v1/models", headers={b"authorization": b"Bearer " + password.encode()})


def by_anthropic_s_key(client, password):
    return client.get("/v1/models", headers={b"x-api-key": password.encode()})


def by_name(client, password):
    return client.get("/metrics", headers={b"authorization": b"Basic " + b64encode(password.encode())})


WAYS = pytest.mark.parametrize("give", [by_form, by_key, by_anthropic_s_key, by_name])


@WAYS
def test_after_ten_wrong_ones_the_right_one_has_to_wait_too(client_of, clock, give):
    client = client_of("192.0.2.1")
    assert 429 not in [give(client, f"ada:{number}").status_code for number in range(10)]
    refused = give(client, RIGHT)
    assert refused.status_code == 429
    clock.now_s = float(refused.headers["retry-after"])
    assert give(client, RIGHT).status_code == 200


@WAYS
def test_the_right_one_is_never_one_too_many(client_of, give):
    client = client_of("192.0.2.1")
    assert {give(client, RIGHT).status_code for _ in range(30)} == {200}


@WAYS
def test_wrong_ones_from_elsewhere_keep_nobody_out(client_of, give):
    for number in range(20):
        give(client_of("192.0.2.1"), f"ada:{number}")
    assert give(client_of("192.0.2.2"), RIGHT).status_code == 200


def test_the_ways_are_counted_together(client_of):
    client = client_of("192.0.2.1")
    for give in (by_form, by_key, by_name) * 4:
        last = give(client, "ada:wrong")
    assert last.status_code == 429
    assert client.get("/").text == "the page"
