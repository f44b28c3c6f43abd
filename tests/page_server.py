"""The page over a backend, served in this process on a free port."""

from collections.abc import Iterator
from contextlib import contextmanager

from deepseek_space.backends.base import Backend
from deepseek_space.settings import read_settings
from deepseek_space.ui.app import build_app, launch_options


@contextmanager
def served(backend: Backend, *flags: str, second: Backend | None = None) -> Iterator[str]:
    """Serve the page over ``backend``, with flags as of the command line; yields its address."""
    settings = read_settings(list(flags), {})
    page = build_app(backend, settings=settings, second=second)
    try:
        options = {"auth": settings.credentials, **launch_options(settings)}
        yield page.launch(server_name="127.0.0.1", prevent_thread_lock=True, **options)[1]
    finally:
        page.close()
