"""The model as tools for agents, asked by the official client."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import McpError

from deepseek_space.api.access.door import Door
from deepseek_space.api.routes import install
from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.backends.scripted.model_host import BASE_TITLE
from deepseek_space.keys import read_keys

KEYS = read_keys(password="ada:secret", written="sk-one")
HELLO = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}


@pytest.fixture
def backend():
    return ScriptedBackend(delay_s=0, change_s=0)


def installed(backend):
    app = FastAPI()
    install(app, backend, door=Door(KEYS))
    return app


def with_session(backend, act, *, path="/mcp", key="sk-one"):
    """Return what ``act`` makes of a session of the official client, or the protocol's error."""

    async def run():
        http = httpx.AsyncClient(
            transport=httpx.ASGITransport(installed(backend)), headers={"authorization": f"Bearer {key}"}
        )
        async with (
            http,
            streamable_http_client(f"http://app{path}", http_client=http) as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            try:
                return await act(session)
            except McpError as error:
                return error

    return asyncio.run(run())


def called(backend, name, arguments, **options):
    return with_session(backend, lambda session: session.call_tool(name, arguments, **options))


@pytest.mark.parametrize("path", ["/mcp", "/gradio_api/mcp/"])
def test_tools_are_those_that_the_model_can_do_and_no_event_of_the_page_is_one(backend, path):
    tools = with_session(backend, lambda session: session.list_tools(), path=path).tools
    assert [tool.name for tool in tools] == ["chat", "code"]
    assert all(tool.description and tool.annotations.readOnlyHint for tool in tools)
    assert tools[0].inputSchema["required"] == ["message"]
    backend.load(next(choice.name for choice in backend.choices() if choice.title == BASE_TITLE))
    assert [tool.name for tool in with_session(backend, lambda session: session.list_tools()).tools] == ["infill"]


def test_a_question_is_answered_without_its_thoughts(backend):
    found = called(backend, "chat", {"message": "hi", "system_prompt": "Be brief.", "temperature": 0})
    request = backend.requests[-1]
    assert [(turn.role, turn.content) for turn in request.messages] == [("system", "Be brief."), ("user", "hi")]
    assert request.sampling.temperature == 0
    assert not found.isError
    assert found.content[0].text
    assert "<think>" not in found.content[0].text


def test_code_is_written_and_a_gap_is_filled(backend):
    assert "Rust" in str(called(backend, "code", {"task": "Sort.", "language": "Rust"}) and backend.requests[-1])
    backend.load(next(choice.name for choice in backend.choices() if choice.title == BASE_TITLE))
    assert called(backend, "infill", {"prefix": "def f(n):\n    return ", "suffix": "\nf(1)"}).content[0].text
    assert backend.requests[-1].suffix == "\nf(1)"


def test_how_far_it_is_is_told_and_that_it_was_cut_off(backend):
    steps = []

    async def take(done, _total, message):
        steps.append((done, message))

    found = called(backend, "chat", {"message": "code", "max_tokens": 45}, progress_callback=take)
    assert [done for done, _ in steps] == [20, 40]
    assert found.content[-1].text == "(The answer was cut off after 45 tokens.)"


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("chat", {}, "message: Field required"),
        ("chat", {"message": "hi", "mood": 1}, "mood: there is no such field"),
        ("chat", {"message": " "}, "The message is empty"),
        ("chat", {"message": "hi", "temperature": 9}, "Temperature is 9"),
        ("infill", {"prefix": "x"}, "cannot be asked to infill"),
    ],
)
def test_what_cannot_be_done_is_told_to_the_agent(backend, name, arguments, words):
    found = called(backend, name, arguments)
    assert found.isError
    assert words in found.content[0].text


def test_what_is_not_there_is_an_error_of_the_protocol(backend):
    assert "no tool 'load'" in str(called(backend, "load", {}))
    assert "no resources/list here" in str(with_session(backend, lambda session: session.list_resources()))
    client = TestClient(installed(backend), headers={"x-api-key": "sk-one"})
    for body in (b"[", b"[]", b'{"id": 1}'):
        assert client.post("/mcp", content=body).json()["error"]["code"] in (-32700, -32600)
    assert client.get("/mcp").status_code == 405


@pytest.mark.parametrize("path", ["/mcp", "/mcp/", "/gradio_api/mcp", "/gradio_api/mcp/"])
def test_a_stranger_is_not_even_told_the_tools(backend, path):
    client = TestClient(installed(backend))
    for headers in ({}, {"authorization": "Bearer sk-two"}):
        assert client.post(path, json=HELLO, headers=headers).status_code == 401
        assert client.get(path, headers=headers).status_code == 401
    assert client.post(path, json=HELLO, headers={"authorization": "Bearer ada:secret"}).json()["result"]["tools"]
