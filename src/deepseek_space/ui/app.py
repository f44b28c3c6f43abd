"""The page: header, tabs, parameters, and what keeps them up to date."""

from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from deepseek_space.backends.base import Backend, ModelHost
from deepseek_space.settings import Settings
from deepseek_space.ui.chat_tab import build_chat_tab
from deepseek_space.ui.code_tab import build_code_tab
from deepseek_space.ui.controls import build_controls
from deepseek_space.ui.desk import Desk
from deepseek_space.ui.endpoints import add_endpoints
from deepseek_space.ui.header import LOADING_REFRESH_S, Header, Seen
from deepseek_space.ui.model_bar import model_line
from deepseek_space.ui.model_picker import build_model_picker, build_opener
from deepseek_space.ui.page_language import PageLanguage
from deepseek_space.ui.theme import ASSETS, build_theme
from deepseek_space.ui.wiring import Generation

TITLE = "DeepSeek Space"
STREAMS_AT_ONCE = 64  # beside those that the backend may keep waiting; each takes a thread while it is read


def build_app(backend: Backend, *, settings: Settings) -> gr.Blocks:
    """Return the page over a backend; nothing is loaded or served yet."""
    generation = Generation(concurrency_limit=STREAMS_AT_ONCE + settings.max_queue)
    desk = Desk(
        backend,
        grace_s=settings.grace,
        max_replies=generation.concurrency_limit,
        inline=settings.on_zero_gpu,
    )
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_height=True, fill_width=True) as blocks:
        with gr.Row(elem_id="header"):
            gr.HTML(_brand(), elem_id="brand", padding=False)
            line = gr.HTML(model_line(backend.status()), elem_id="status-line", padding=False)
            warnings = gr.HTML("", elem_id="model-warnings", padding=False)
            opener = build_opener() if _can_change(backend, settings) else None
        picker = build_model_picker(backend, opener, local_paths=settings.is_private) if opener else None
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
                build_chat_tab(backend, desk, controls, system_prompt, generation)
            with gr.Tab("Code", id="code", elem_id="code-page"):
                build_code_tab(backend, controls, generation)
        header = Header(
            backend=backend,
            controls=controls,
            picker=picker,
            seen=gr.State(Seen()),
            line=line,
            warnings=warnings,
            timer=gr.Timer(LOADING_REFRESH_S),
        )
        header.wire(blocks, reset)
        add_endpoints(backend, generation)
    return blocks.queue(max_size=generation.concurrency_limit, api_open=False)


def launch_options(settings: Settings) -> dict[str, Any]:
    """Return what belongs to ``launch`` in Gradio, but for address, port, password and sharing."""
    return {
        "theme": build_theme(),
        "css_paths": [ASSETS / "theme.css"],
        "head": _scripts(),
        "app_kwargs": {"middleware": [Middleware(PageLanguage)]},
        "favicon_path": ASSETS / "logo.svg",
        "footer_links": ["api", "settings"],
        "run_history": False,
        "max_threads": STREAMS_AT_ONCE + settings.max_queue + 16,
        "ssr_mode": False,
        "quiet": True,
    }


def _can_change(backend: Backend, settings: Settings) -> bool:
    return isinstance(backend, ModelHost) and not settings.pin_model


def _scripts() -> str:
    """Return what runs in the page, one script element for each file."""
    files = sorted((ASSETS / "page").glob("*.js"))
    return "".join(f"<script>{file.read_text(encoding='utf-8')}</script>" for file in files)


def _brand() -> str:
    logo = (ASSETS / "logo.svg").read_text(encoding="utf-8")
    return f'<div class="ds-brand">{logo}<h1>{TITLE}</h1></div>'
