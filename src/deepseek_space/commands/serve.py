"""``serve``: open the page, load the model behind it, and go on until the process is asked to end."""

import argparse
import os
import socket
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress

from deepseek_space import environment, proxies
from deepseek_space.backends.base import Backend
from deepseek_space.commands import composition, ending, process, share_link
from deepseek_space.commands.call import Call
from deepseek_space.errors import SpaceError, UsageError
from deepseek_space.settings import COMPARE_KEY, REMOTE_KEY, Settings, read_settings
from deepseek_space.web import descriptors


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
    """Open the page while the model behind it is loaded; return when the process is asked to end.

    Raises UsageError if the port is taken, or there can be no such model or device.
    """
    process.set_up(settings.log_level)
    proxies.normalise(os.environ, host=settings.host)  # Gradio asks the page for itself, there
    environment.choose_upload_folder(os.environ)
    num_files = descriptors.raise_limit()
    composition.check_model(settings)
    port = _free_port(settings.host, settings.port)
    with ExitStack() as closing, suppress(KeyboardInterrupt):
        backends = [composition.make_backend(settings)]
        closing.callback(_close, backends)
        second = composition.make_second(settings)
        if second is not None:
            backends.append(second)
        with process.collecting_nothing():
            from deepseek_space.commands.web_app import WebApp

            # Once all is imported, for two threads that import the same packages wait for each other.
            for started in backends:
                started.start()
            app = WebApp(backends, settings)
            closing.callback(app.close)
            app.open(port, num_files=num_files)
        wish = ending.Wish()
        wish.listen()
        print(f"DeepSeek Space is open at {app.url}", flush=True)
        if settings.share:
            print(share_link.announcement(app.share_url, has_password=bool(settings.auth), out=sys.stdout), flush=True)
        ending.wait_for(wish, app.thread)
        ending.drain(app.is_busy, drain_s=settings.drain, wish=wish)
        _close(backends)
        ending.wait_while(app.is_answering, for_s=ending.LAST_WORDS_S)


def _close(backends: Sequence[Backend]) -> None:
    for backend in backends:
        with suppress(SpaceError):  # a model that is being changed has nothing to close
            backend.close()


def _free_port(host: str, port: int) -> int:
    """Return ``port``, or any free one for 0; fail early and clearly if it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except socket.gaierror as error:
            raise UsageError(f"There is no address called {host} here. Give --host one of this machine's.") from error
        except OSError as error:
            raise UsageError(
                f"Cannot listen on {host}:{port} ({error.strerror}). Choose another port with --port, or stop the "
                "program that uses it."
            ) from error
        return probe.getsockname()[1]
