"""``serve``: open the page, load the model behind it, and go on until the process is asked to end."""

import argparse
import os
import socket
from contextlib import ExitStack, suppress

from deepseek_space import proxies
from deepseek_space.commands import composition, process
from deepseek_space.commands.call import Call
from deepseek_space.errors import UsageError
from deepseek_space.settings import COMPARE_KEY, REMOTE_KEY, Settings, read_settings


def run(call: Call) -> int:
    """Serve the page as the flags of ``call`` ask for."""
    serve(read_settings(call.words, call.environ, parser=_parser(call.program)))
    return 0


def _parser(program: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        prog=program,
        description=(
            "Chat and write code with the DeepSeek models in a browser. To print which models fit on this machine "
            f"instead: {program} plan [MODEL]; more with {program} plan --help."
        ),
        epilog=(
            "A flag wins over its environment variable. Keys are read from the environment alone: "
            f"{REMOTE_KEY} for --remote, {COMPARE_KEY} for --compare-remote."
        ),
    )


def serve(settings: Settings) -> None:
    """Open the page, then load the model behind it; return when the process is asked to end.

    Raises UsageError if the port is taken, or there can be no such model or device.
    """
    process.set_up(settings.log_level)
    proxies.settle(os.environ, host=settings.host)  # Gradio asks the page for itself, there
    composition.check_model(settings)
    port = _free_port(settings.host, settings.port)
    from deepseek_space.api import metrics, openai_routes
    from deepseek_space.ui.app import build_app, launch_options

    with ExitStack() as ending, suppress(KeyboardInterrupt):
        backend = composition.make_backend(settings)
        ending.callback(backend.close)
        second = composition.make_second(settings)
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
