"""Two questions that need no password: is it alive, and can it answer?"""

from dataclasses import replace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from deepseek_space.api import health
from deepseek_space.backends.scripted.backend import ScriptedBackend


class InState(ScriptedBackend):
    state = "ready"

    def status(self):
        return replace(super().status(), state=self.state, error="/home/ada/secret is broken")


@pytest.fixture
def backend():
    return InState()


@pytest.fixture
def get(backend):
    app = FastAPI()
    health.install(app, backend, is_closing=lambda: backend.state == "closing")
    return TestClient(app).get


def test_a_process_that_answers_is_alive_whatever_its_model_does(get, backend):
    backend.state = "failed"
    assert (get("/healthz").status_code, get("/healthz").json()) == (200, {"status": "alive"})


def test_ready_means_that_a_model_answers(get):
    assert (get("/readyz").status_code, get("/readyz").json()) == (200, {"status": "ready"})


@pytest.mark.parametrize("state", ["loading", "failed", "empty", "closing"])
def test_whatever_else_is_503_with_a_reason_that_tells_a_stranger_nothing(get, backend, state):
    backend.state = state
    answer = get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, state)
    assert answer.json()["reason"].endswith(".")
    assert "secret" not in answer.text
