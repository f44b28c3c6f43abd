"""Every route for programs is behind the key, the bounds and the closing door, and is told of in its own shape."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from deepseek_space.api import routes
from deepseek_space.api.access.door import Door
from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.keys import read_keys
from deepseek_space.ui.closing import Closing, WorkGate
from deepseek_space.ui.gate.refusal import is_for_programs
from deepseek_space.ui.gate.request_limits import PROGRAM_BYTES, most_bytes


def installed():
    app = FastAPI(openapi_url=None)
    routes.install(app, ScriptedBackend(delay_s=0), door=Door(read_keys(password="ada:secret")))
    return app


ROUTES = [(route.path, method) for route in installed().routes for method in sorted(route.methods)]


@pytest.mark.parametrize(("path", "method"), ROUTES)
def test_a_route_is_behind_the_key_and_the_bounds(path, method):
    path = path.replace("{name:path}", "x").replace("{rest:path}", "x")
    assert is_for_programs(path)
    assert most_bytes(path) == PROGRAM_BYTES
    client = TestClient(installed())
    for headers in ({}, {"x-api-key": "ada:wrong"}, {"authorization": "Bearer ada:wrong"}):
        assert client.request(method, path, headers=headers).status_code == 401
    assert client.request(method, path, headers={"x-api-key": "ada:secret"}).status_code != 401


@pytest.mark.parametrize("path", [path for path, method in ROUTES if method == "POST" and "{" not in path])
def test_a_route_takes_nothing_new_once_the_app_is_closing(path):
    closing = Closing()
    closing.begin()
    answer = TestClient(WorkGate(installed(), closing=closing)).post(path)
    assert (answer.status_code, answer.json()["error"]["message"][:9]) == (503, "This app ")
    assert int(answer.headers["retry-after"]) > 0
