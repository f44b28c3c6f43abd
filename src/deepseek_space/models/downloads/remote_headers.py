"""Safetensors headers on the Hub, by HTTP Range: every tensor's name, type and shape.

A few kilobytes of each file tell exactly how many weights there are, before gigabytes are fetched.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from deepseek_space.errors import Corrupt, NotACheckpoint
from deepseek_space.models.downloads.checksums import never
from deepseek_space.models.downloads.hub import Hub, open_file
from deepseek_space.models.downloads.listing import RepoFile, RepoFiles
from deepseek_space.models.downloads.transfer import Interrupted
from deepseek_space.models.files.safetensors_header import LENGTH_BYTES, TensorInfo, header_bytes, parse_header
from deepseek_space.sentences import Sentence

FIRST_BYTES = 64 * 2**10
"""Asked for at once: most headers are shorter."""
CONNECTIONS = 8


def read_headers(
    files: RepoFiles, *, hub: Hub | None = None, cancelled: Callable[[], bool] = never
) -> dict[str, TensorInfo]:
    """Return the tensors of all safetensors files of ``files``, by name; empty where there are none such.

    Raises Corrupt for a header that does not fit its file, NoNetwork, AccessDenied, ModelNotFound, Unsupported,
    Cancelled.
    """
    read = partial(_read_header, hub or Hub(), files, cancelled)
    shards = [file for file in files.files if file.name.endswith(".safetensors")]
    tensors: dict[str, TensorInfo] = {}
    with ThreadPoolExecutor(max_workers=CONNECTIONS) as pool:
        for found in pool.map(read, shards):
            tensors |= found
    return tensors


def _read_header(hub: Hub, files: RepoFiles, cancelled: Callable[[], bool], shard: RepoFile) -> dict[str, TensorInfo]:
    def get(start: int, stop: int) -> bytes:
        return hub.patience.keep_trying(
            lambda: bytes_between(hub, files, shard, start, min(stop, shard.size_bytes)),
            what=Sentence("Reading the header of {name} of {repo_id}", name=shard.name, repo_id=files.repo_id),
            cancelled=cancelled,
        )

    try:
        head = get(0, FIRST_BYTES)
        end = LENGTH_BYTES + header_bytes(shard.name, head[:LENGTH_BYTES])
        if end > len(head):
            head += get(len(head), end)
        return parse_header(shard.name, head, file_bytes=shard.size_bytes)
    except NotACheckpoint as error:
        raise Corrupt(
            "{repo_id} publishes {name} with a header that does not describe the file. The repository is "
            "damaged; choose another revision or model.",
            repo_id=files.repo_id,
            name=shard.name,
        ) from error


def bytes_between(hub: Hub, files: RepoFiles, shard: RepoFile, start: int, stop: int) -> bytes:
    """Return the bytes of ``shard`` from ``start`` to before ``stop``. Raises Interrupted, and what the Hub refuses."""
    if start >= stop:
        return b""
    with open_file(hub, files.repo_id, files.commit, shard.name, start=start, stop=stop) as (offset, pieces):
        taken = bytearray()
        for piece in pieces:
            taken += piece
            if offset + len(taken) >= stop:  # a server that knows no ranges would send the whole file
                break
    if offset + len(taken) < stop:
        raise Interrupted(Sentence("{count:,} of {size:,} bytes came", count=len(taken), size=stop - offset))
    return bytes(taken[start - offset : stop - offset])
