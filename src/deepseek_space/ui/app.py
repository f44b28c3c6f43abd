"""The page: header, tabs, parameters, and what keeps them up to date."""

from dataclasses import dataclass, field
from typing import Any

import gradio as gr
from gradio.components import Component

from deepseek_space.backends.base import Backend
from deepseek_space.settings import Settings
from deepseek_space.types import Sampling, Status
from deepseek_space.ui.chat_tab import build_chat_tab
from deepseek_space.ui.code_tab import build_code_tab
from deepseek_space.ui.controls import Controls, Values, build_controls
from deepseek_space.ui.endpoints import add_endpoints
from deepseek_space.ui.model_bar import model_line
from deepseek_space.ui.theme import ASSETS, build_theme
from deepseek_space.ui.wiring import Generation

TITLE = "DeepSeek Space"
LOADING_REFRESH_S = 0.5
READY_REFRESH_S = 15.0
STREAMS_AT_ONCE = 64  # beside those that the backend may keep waiting; each takes a thread while it is read


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """What a page shows of the backend: refreshing it again costs nothing while this stays the same."""

    line: str = ""
    sampling: Sampling = field(default_factory=Sampling)


@dataclass(frozen=True, kw_only=True)
class _Header:
    """The model line and what refreshes it."""

    backend: Backend
    controls: Controls
    seen: gr.State
    line: gr.HTML
    timer: gr.Timer

    def refresh(self, values: Values) -> dict[Component, Any]:
        """Return what has changed since the page was last refreshed."""
        status, seen = self.backend.status(), values[self.seen]
        line = model_line(status)
        if line == seen.line:
            return gr.skip()
        sampling = status.sampling if status.state == "ready" else seen.sampling
        return {
            self.line: line,
            self.seen: _Seen(line=line, sampling=sampling),
            self.timer: gr.Timer(_refresh_s(status)),
            **self.controls.follow(values, seen.sampling, sampling),
        }

    def reset(self) -> dict[Component, Any]:
        """Return the updates that show the parameters recommended for the model."""
        return self.controls.show(self.backend.status().sampling)


def build_app(backend: Backend, *, settings: Settings) -> gr.Blocks:
    """Return the page over a backend; nothing is loaded or served yet."""
    generation = Generation(concurrency_limit=STREAMS_AT_ONCE + settings.max_queue)
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_height=True, fill_width=True) as blocks:
        with gr.Row(elem_id="header"):
            gr.HTML(_brand(), elem_id="brand", padding=False)
            line = gr.HTML(model_line(backend.status()), elem_id="status-line", padding=False)
        with gr.Sidebar("Parameters", open=False, position="right", width=340, elem_id="parameters"):
            gr.HTML("<h2>Parameters</h2><p>They take effect at the next message.</p>", padding=False)
            system_prompt = gr.Textbox(
                label="System prompt",
                info="Instructions that come before the conversation. For the Chat tab.",
                lines=3,
                max_lines=10,
                elem_id="system-prompt",
            )
            controls = build_controls()
            reset = gr.Button("Reset to the model's own", size="sm", elem_id="parameters-reset")
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab("Chat", id="chat", elem_id="chat-page"):
                build_chat_tab(backend, controls, system_prompt, generation)
            with gr.Tab("Code", id="code", elem_id="code-page"):
                build_code_tab(backend, controls, generation)
        header = _Header(
            backend=backend,
            controls=controls,
            seen=gr.State(_Seen()),
            line=line,
            timer=gr.Timer(LOADING_REFRESH_S),
        )
        _wire(blocks, header, reset)
        add_endpoints(backend, generation)
    return blocks.queue(max_size=generation.concurrency_limit, api_open=False)


def launch_options(settings: Settings) -> dict[str, Any]:
    """Return what belongs to ``launch`` in Gradio, but for address, port, password and sharing."""
    return {
        "theme": build_theme(),
        "css_paths": [ASSETS / "theme.css"],
        "head": f"<script>{(ASSETS / 'page.js').read_text(encoding='utf-8')}</script>",
        "favicon_path": ASSETS / "logo.svg",
        "footer_links": ["api", "settings"],
        "run_history": False,
        "max_threads": STREAMS_AT_ONCE + settings.max_queue + 16,
        "ssr_mode": False,
        "quiet": True,
    }


def _wire(blocks: gr.Blocks, header: _Header, reset: gr.Button) -> None:
    inputs = {header.seen, *header.controls.components}
    outputs = [header.line, header.seen, header.timer, *header.controls.components]
    gr.on(
        [blocks.load, header.timer.tick],
        header.refresh,
        inputs,
        outputs,
        queue=False,
        show_progress="hidden",
        api_visibility="private",
    )
    reset.click(
        header.reset,
        None,
        header.controls.components,
        queue=False,
        show_progress="hidden",
        api_visibility="private",
    )


def _refresh_s(status: Status) -> float:
    return READY_REFRESH_S if status.state == "ready" else LOADING_REFRESH_S


def _brand() -> str:
    logo = (ASSETS / "logo.svg").read_text(encoding="utf-8")
    return f'<div class="ds-brand">{logo}<h1>{TITLE}</h1></div>'
