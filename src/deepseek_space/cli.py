"""From the command line to the running app: settings → backend → page → launch. Nothing else is decided here."""

import logging
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from deepseek_space.backends.base import Backend
from deepseek_space.backends.server import Server
from deepseek_space.errors import ModelError, ModelNotFound, SpaceError, UsageError
from deepseek_space.models import heap
from deepseek_space.settings import COMPARE_KEY, REMOTE_KEY, Settings, read_settings

if TYPE_CHECKING:
    from deepseek_space.backends.local import LocalBackend
    from deepseek_space.models.fit.hardware import Hardware

log = logging.getLogger(__name__)

INSTALL_HINT = (
    "Run `pip install -r requirements.txt`, or, where `make run` has set everything up, `.venv/bin/python app.py`."
)


def main(argv: Sequence[str] | None = None, environ: Mapping[str, str] | None = None) -> int:
    """Run the app until it is interrupted; return the exit code."""
    try:
        settings = read_settings(sys.argv[1:] if argv is None else argv, os.environ if environ is None else environ)
        serve(settings) if settings.plan is None else print_plan(settings)
    except SpaceError as error:
        print(f"app.py: {error}", file=sys.stderr)
        if isinstance(error, ModelNotFound):
            print("The list: python app.py plan", file=sys.stderr)
        return 2 if isinstance(error, UsageError | ModelError) else 1
    except ModuleNotFoundError as error:
        print(f"app.py: {error.name} is not installed for this Python. {INSTALL_HINT}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader, such as ``head``, has seen enough; nothing must be written while Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def make_backend(settings: Settings) -> Backend:
    """Return the backend that ``settings`` ask for, not yet loading."""
    if settings.remote:
        server = Server(url=settings.remote, key=settings.remote_key, key_name=REMOTE_KEY)
        return _remote_backend(server, settings.model, settings)
    if settings.model == "fake":
        from deepseek_space.backends.fake import FakeBackend

        return FakeBackend(is_pinned=settings.pin_model)
    if settings.on_zero_gpu:
        from deepseek_space.backends.zero_gpu import ZeroGPUBackend  # before torch

        # What is not on the card before the page opens never gets there.
        local = _local_backend(settings)
        local.start()
        local.wait()
        return ZeroGPUBackend(local)
    return _local_backend(settings)


def make_second(settings: Settings) -> Backend | None:
    """Return what the Compare tab offers beside the first backend; None where nothing was asked for."""
    if settings.compare_remote:
        url, key, flag, key_name = settings.compare_remote, settings.compare_key, "--compare-remote", COMPARE_KEY
    elif settings.compare_model:
        url, key, flag, key_name = settings.remote, settings.remote_key, "--remote", REMOTE_KEY
    else:
        return None
    server = Server(url=url, key=key, flag=flag, key_name=key_name, model_flag="--compare-model")
    return _remote_backend(server, settings.compare_model, settings)


def _remote_backend(server: Server, model: str, settings: Settings) -> Backend:
    from deepseek_space.backends.remote import RemoteBackend

    return RemoteBackend(server, model="" if model == "auto" else model, context_tokens=settings.context)


def _local_backend(settings: Settings) -> "LocalBackend":
    from deepseek_space.backends.local import LocalBackend, LocalOptions

    return LocalBackend(
        LocalOptions(
            model=settings.model,
            cache_dir=Path(settings.cache_dir),
            precision=settings.precision,
            device=settings.device,
            context=settings.context,
            max_queue=settings.max_queue,
            on_space=settings.on_space,
            is_pinned=settings.pin_model,
            local_paths=settings.is_private,
            inline=settings.on_zero_gpu,
        )
    )


def serve(settings: Settings) -> None:
    """Open the page, then load the model behind it; return when the process is asked to end.

    Raises UsageError if the port is taken, or there can be no such model or device.
    """
    _set_up_process(settings.log_level)
    _check_model(settings)
    port = _free_port(settings.host, settings.port)
    from deepseek_space.api import metrics, openai_routes
    from deepseek_space.ui.app import build_app, launch_options

    with ExitStack() as ending, suppress(KeyboardInterrupt):
        backend = make_backend(settings)
        ending.callback(backend.close)
        second = make_second(settings)
        if second is not None:
            ending.callback(second.close)
        page = build_app(backend, settings=settings, second=second)
        ending.callback(page.close)
        routes, _, _ = page.launch(
            server_name=settings.host,
            server_port=port,
            share=settings.share,
            auth=settings.credentials,
            prevent_thread_lock=True,
            **launch_options(settings),
        )
        metrics.install(routes, backend, credentials=settings.credentials)
        if not settings.on_zero_gpu:  # where a card is given to Gradio's own events alone
            openai_routes.install(routes, backend, credentials=settings.credentials)
        print(f"DeepSeek Space is open at {page.share_url or page.local_url}", flush=True)
        for started in filter(None, (backend, second)):
            started.start()
        page.block_thread()


def _set_up_process(log_level: str) -> None:
    logging.basicConfig(level=log_level.upper(), format="%(levelname)s %(name)s: %(message)s")
    for noisy in ("httpx", "httpcore", "asyncio", "matplotlib", "PIL"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # torch's threads spin while they wait for each other: beside another busy process nearly all time goes there.
    # A short spin keeps 95 % of the speed of an idle machine, and a usable one beside others.
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "10000")
    # From pages of 2 MB weights are read a fifth faster, and decoding is little else than reading weights.
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    heap.share()
    signal.signal(signal.SIGTERM, _interrupt)


def print_plan(settings: Settings) -> None:
    """Print how ``settings.plan`` fits on this machine, or the whole catalogue does."""
    from deepseek_space.models.fit import hardware, plan

    if settings.plan == "fake":
        print("fake: scripted replies, no model. It fits everywhere.")
        return
    _check_device(settings)
    machine = hardware.detect(Path(settings.cache_dir))
    name = settings.plan
    if name == "auto":
        name = _first_model(settings, machine)
        print(f"auto begins with {name} here.")
    wanted = {"context_tokens": settings.context, "device": settings.device, "precision": settings.precision}
    print(plan.main_table(name or None, machine, **wanted))


def _first_model(settings: Settings, machine: "Hardware") -> str:
    from deepseek_space.backends import planning

    wanted = {"hardware": machine, "context_tokens": settings.context, "device": settings.device}
    source = planning.resolve_auto(on_space=settings.on_space, **wanted)
    return source.spec.name if source.spec else source.kind


def _check_model(settings: Settings) -> None:
    # What takes no network to judge. The people of a Space see its page, and not this terminal.
    if settings.remote or settings.model == "fake" or settings.on_space:
        return
    from deepseek_space.models import source

    source.resolve(settings.model, on_space=False)
    _check_device(settings)


def _check_device(settings: Settings) -> None:
    if settings.device in ("auto", "cpu"):  # which are always there
        return
    from deepseek_space.models.fit import hardware, memory

    if not memory.places(hardware.detect(Path(settings.cache_dir)), settings.device):
        raise UsageError(hardware.no_device(settings.device))


def _free_port(host: str, port: int) -> int:
    """Return ``port``, or any free one for 0; fail early and clearly if it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UsageError(
                f"Cannot listen on {host}:{port} ({error.strerror}). Choose another port with --port, or stop the "
                "program that uses it."
            ) from error
        return probe.getsockname()[1]


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
