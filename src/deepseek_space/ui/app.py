"""The page: header, tabs, parameters, and what keeps them up to date."""

from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from deepseek_space import addresses
from deepseek_space.backends.base import Backend, ModelHost
from deepseek_space.chat.turns.reply_runner import ReplyRunner
from deepseek_space.settings import Settings
from deepseek_space.text.documents.document import Limits
from deepseek_space.ui import diagram_frame, install, libraries, page_scripts, run_frame
from deepseek_space.ui.assets import ASSETS
from deepseek_space.ui.closing import Closing, WorkGate
from deepseek_space.ui.endpoints import add_endpoints
from deepseek_space.ui.gate import layers
from deepseek_space.ui.gate.trusted_hosts import TrustedHosts
from deepseek_space.ui.gate.uploads import upload_route
from deepseek_space.ui.handlers.chat_events import ChatEvents
from deepseek_space.ui.handlers.compare_events import CompareEvents
from deepseek_space.ui.handlers.context_events import ContextEvents
from deepseek_space.ui.handlers.cursor_events import CursorEvents
from deepseek_space.ui.handlers.message_events import MessageEvents
from deepseek_space.ui.handlers.sharing import Sharing, build_offer
from deepseek_space.ui.handlers.unsent import Unsent
from deepseek_space.ui.handlers.workspace_events import WorkspaceEvents
from deepseek_space.ui.header import LOADING_REFRESH_S, Header, HeadParts, Seen
from deepseek_space.ui.html.announcer import announcer
from deepseek_space.ui.html.code_bar import code_bar
from deepseek_space.ui.html.gradio_words import gradio_words
from deepseek_space.ui.html.head import TABS, brand, head_end, head_start, model_button
from deepseek_space.ui.html.key_sheet import key_sheet, skip_link
from deepseek_space.ui.html.model_bar import about, model_line
from deepseek_space.ui.html.outbox import notes
from deepseek_space.ui.html.shell import shell
from deepseek_space.ui.html.welcome import welcome
from deepseek_space.ui.look import look
from deepseek_space.ui.page_blocks import PageBlocks
from deepseek_space.ui.parts.history import History, chat_list
from deepseek_space.ui.parts.model_picker import build_model_picker
from deepseek_space.ui.parts.page_events import PageEvents
from deepseek_space.ui.parts.panel import register_panel
from deepseek_space.ui.parts.parameters import build_parameters
from deepseek_space.ui.parts.sent_text import MOST_BYTES
from deepseek_space.ui.parts.wiring import Generation
from deepseek_space.ui.parts.workbench import build_workbench
from deepseek_space.ui.tabs.chat_tab import build_chat_tab
from deepseek_space.ui.tabs.code_tab import build_code_tab
from deepseek_space.ui.tabs.compare_tab import build_compare_tab
from deepseek_space.ui.theme import build_theme
from deepseek_space.ui.words.page_language import First, PageLanguage
from deepseek_space.web.packed_files import PackedFiles
from deepseek_space.web.prefix import Prefix
from deepseek_space.web.streams import Unbuffered

TITLE = "DeepSeek Space"
UPLOADS_KEPT_S = (300, 300)  # how often to look for files that have been read, and how old they must be
PACKED_FROM_BYTES, PACKED_LEVEL = 1024, 5  # the page itself, which Gradio's own compression passes by
GRADIO_FILES = ("/assets/",)  # of its front end, named after what is in them
STREAMS_AT_ONCE = 64  # beside those that the backend may keep waiting; each takes a thread while it is read


def build_app(backend: Backend, *, settings: Settings, second: Backend | None = None) -> gr.Blocks:
    """Return the page over a backend; ``second`` is for the Compare tab. Nothing is loaded or served yet."""
    generation = Generation(concurrency_limit=STREAMS_AT_ONCE + settings.max_queue)
    status, can_change = backend.status(), _can_change(backend, settings)
    with PageBlocks(
        title=TITLE, analytics_enabled=False, fill_height=True, fill_width=True, delete_cache=UPLOADS_KEPT_S
    ) as blocks:
        head = _build_head(backend, can_change=can_change, has_list=settings.history)
        history = _build_history() if settings.history else None
        picker = build_model_picker(backend, local_paths=settings.is_private) if can_change else None
        parameters = build_parameters(backend)
        offer = build_offer()
        with gr.Tabs(elem_id="tabs") as tabs:
            with gr.Tab(TABS["chat"], id="chat", elem_id="chat-page"):
                greeting = welcome(status, can_change=can_change, space_id=settings.space_id)
                start = gr.HTML(greeting, elem_id="welcome", padding=False)
                runner = _runner(backend, settings, generation)
                limits = Limits(file_bytes=settings.max_upload << 20) if settings.max_upload else None
                chat = build_chat_tab(backend, runner, parameters.controls, parameters.system_prompt, history, limits)
            with gr.Tab(TABS["code"], id="code", elem_id="code-page"):
                build_workbench()
                code = build_code_tab(backend, parameters.controls, generation, keeps=settings.history)
            with gr.Tab(TABS["compare"], id="compare", elem_id="compare-page") as compare_page:
                compare = build_compare_tab(chat, parameters, tabs, second)
            compare.wire(compare_page)
        events = PageEvents()
        for panel in [parameters.panel, *([picker.panel] if picker else [])]:
            register_panel(panel, events)
        MessageEvents(tab=chat, events=events).register()
        ChatEvents(tab=chat, events=events).register()
        ContextEvents(tab=chat, events=events).register()
        WorkspaceEvents(tab=chat, events=events).register()
        CursorEvents(tab=chat, events=events, takes_quota=settings.on_zero_gpu).register()
        comparing = CompareEvents(tab=compare, events=events)
        comparing.register()
        if settings.history:
            comparing.wire()
            unsent = Unsent(chat=chat, code=code, events=events)
            unsent.register()
            unsent.wire()
        host = backend if can_change else None
        Sharing(backend=backend, host=host, tab=chat, events=events, offer=offer).register()
        events.wire(generation)
        header = Header(
            backend=backend,
            parameters=parameters,
            composer=chat.composer,
            code=code,
            compare=compare,
            picker=picker,
            seen=gr.State(Seen()),
            parts=head,
            welcome=start,
            timer=gr.Timer(LOADING_REFRESH_S),
            space_id=settings.space_id,
        )
        header.wire(blocks)
        parameters.wire(blocks)
        add_endpoints(backend, generation)
    return blocks.queue(max_size=generation.concurrency_limit, api_open=False)


def _build_head(backend: Backend, *, can_change: bool, has_list: bool) -> HeadParts:
    """Place the head of the page."""
    status = backend.status()
    with gr.Row(elem_id="header"):
        tools = skip_link() + key_sheet() + gradio_words() + announcer() + notes() + code_bar()
        gr.HTML(tools, elem_id="page-tools", padding=False)
        gr.HTML(head_start(_logo(), TITLE, has_list=has_list), elem_id="head-start", padding=False)
        with gr.Column(elem_id="model-button", scale=0, min_width=0):
            gr.HTML(model_button(can_change=can_change), elem_id="model-opener", padding=False)
            line = gr.HTML(model_line(status), elem_id="status-line", padding=False)
            known = None if can_change else gr.HTML(about(status), elem_id="model-known", padding=False)
        warnings = gr.HTML("", elem_id="model-warnings", padding=False)
        gr.HTML(head_end(), elem_id="head-end", padding=False)
    return HeadParts(line=line, known=known, warnings=warnings)


def _runner(backend: Backend, settings: Settings, generation: Generation) -> ReplyRunner:
    return ReplyRunner(
        backend,
        grace_s=settings.grace,
        max_replies=generation.concurrency_limit,
        inline=settings.on_zero_gpu,
    )


def _build_history() -> History:
    gr.HTML(chat_list(brand(_logo(), TITLE)), elem_id="chats-place", padding=False)
    return History()


def launch_options(settings: Settings, closing: Closing | None = None) -> dict[str, Any]:
    """Return what belongs to ``launch`` in Gradio, but for address, port, password and sharing.

    ``closing`` says when new work is to be refused.
    """
    places = libraries.Places(cache_dir=Path(settings.cache_dir), cdn=settings.cdn_address)
    return {
        "theme": build_theme(),
        "head": f"{install.HEAD}<style>{look()}</style>",
        "app_kwargs": {
            "middleware": _middleware(settings, closing or Closing(), places),
            "routes": [
                *install.routes(),
                *page_scripts.routes(),
                *libraries.routes(places),
                *run_frame.routes(),
                *diagram_frame.routes(),
                upload_route(file_bytes=max(settings.max_upload << 20, MOST_BYTES)),
            ],
            **layers.app_options(),
        },
        "favicon_path": ASSETS / "logo.svg",
        "footer_links": ["api"],  # not seen: the page has a menu of its own, which presses it
        "root_path": settings.root_path.rstrip("/"),
        "max_file_size": settings.max_upload << 20 or 1,  # to Gradio 0 may be no limit, and None is
        "run_history": False,
        "mcp_server": False,  # it asks nobody for a password, and an environment variable could turn it on
        "enable_monitoring": False,  # it tells every visitor who else is there and what fails
        "max_threads": STREAMS_AT_ONCE + settings.max_queue + 16,
        "pwa": settings.on_space,
        "num_workers": 0,  # processes of Gradio's own would serve files past the guards here
        "ssr_mode": False,
        "_frontend": False,  # do not end the app where its page takes longer than three seconds, as on a busy machine
        "quiet": True,
    }


def _middleware(settings: Settings, closing: Closing, places: libraries.Places) -> list[Middleware]:
    """Return what a request passes through, from the network inwards."""
    own = [Middleware(TrustedHosts, names=settings.trusted_hosts)] if settings.is_private else []
    return [
        Middleware(Prefix, prefix=addresses.prefix_of(settings.root_path)),
        Middleware(GZipMiddleware, minimum_size=PACKED_FROM_BYTES, compresslevel=PACKED_LEVEL),
        Middleware(PackedFiles, places=(*GRADIO_FILES, page_scripts.PLACE)),
        Middleware(Unbuffered),
        *own,
        *layers.layers(settings, scripts=places.scripts(), fetched=places.fetched()),
        Middleware(WorkGate, closing=closing),
        Middleware(PageLanguage, first=partial(_first, keeps=settings.history)),
    ]


def _first(language: str, *, keeps: bool) -> First:
    """Return what comes before all of Gradio's page."""
    opening = shell(language, keeps=keeps)
    return First(head=opening.style, body=opening.body, scripts=page_scripts.tag())


def _can_change(backend: Backend, settings: Settings) -> bool:
    return isinstance(backend, ModelHost) and not settings.pin_model


def _logo() -> str:
    return (ASSETS / "logo.svg").read_text(encoding="utf-8")
