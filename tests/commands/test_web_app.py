"""What Gradio is made to serve from its first moment on."""

from concurrent.futures import ThreadPoolExecutor

import gradio as gr
import pytest

from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.commands.web_app import WebApp
from deepseek_space.settings import read_settings


class Served(Exception):
    """The page would be open now."""


def test_the_first_visitor_finds_every_route(monkeypatch, tmp_path):
    def launch(_, *, app_kwargs, **__):
        raise Served({getattr(route, "path", "") for route in app_kwargs["routes"]})

    monkeypatch.setattr(gr.Blocks, "launch", launch)
    app = WebApp([ScriptedBackend()], read_settings(["--model", "fake"], {"HOME": str(tmp_path)}))
    # A thread that has no loop yet, as the command line's.
    with ThreadPoolExecutor() as elsewhere, pytest.raises(Served) as served:
        elsewhere.submit(app.open, 0, num_files=256).result()
    assert {"/v1/models", "/v1/chat/completions", "/healthz", "/readyz", "/metrics", "/mcp"} <= served.value.args[0]
