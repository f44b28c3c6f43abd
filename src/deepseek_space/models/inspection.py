"""What a model is before its weights are fetched: shape and weights, from the catalogue, a folder, a file or the Hub.

Asks the network only for a Hub repository that is not in the catalogue, and then for its configuration and the headers
of its weight files alone.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from deepseek_space.errors import Cancelled, NoNetwork
from deepseek_space.models.checkpoints.starter import STARTER
from deepseek_space.models.files.checkpoint_files import from_config, read_checkpoint
from deepseek_space.models.files.gguf_shape import GgufShape
from deepseek_space.models.files.tokenizer_files import check_tokenizer
from deepseek_space.models.gguf_model import read_gguf_shape
from deepseek_space.models.shape.checkpoint import Checkpoint, from_spec
from deepseek_space.models.source import ModelSource
from deepseek_space.models.starter_gguf import SMOLLM2_SHAPE

if TYPE_CHECKING:
    from deepseek_space.models.downloads.hub import Hub  # takes a second to import


def read_hub(name: str, *, hub: "Hub | None" = None) -> Checkpoint:
    """Return a Hub repository's checkpoint from its configuration and the headers of its files; fetches no weights.

    ``@`` and a revision may follow the name. Without a network, what lies on this disk is read if it is complete.
    Raises DownloadError, ModelNotFound, NotACheckpoint, Corrupt, Unsupported.
    """
    # Not needed for what is already here.
    from deepseek_space.models.downloads.download import cached_snapshot, inspect_repo
    from deepseek_space.models.downloads.remote_headers import read_headers

    repo_id, _, revision = name.partition("@")
    try:
        files = inspect_repo(repo_id, revision=revision or None, hub=hub)
    except NoNetwork:
        kept = cached_snapshot(repo_id, revision=revision or None, hub=hub)
        if kept is None:
            raise
        return replace(read_checkpoint(kept), name=repo_id)
    headers, names = read_headers(files, hub=hub) or None, {file.name for file in files.files}
    return from_config(repo_id, files.config, headers, disk_bytes=files.weight_bytes, beside=names)


def checkpoint_of(source: ModelSource, *, ask_hub: Callable[[str], Checkpoint] = read_hub) -> Checkpoint:
    """Return shape and weights of ``source``; asks the Hub only for what is not in the catalogue."""
    if source.kind == "starter":
        return STARTER
    if source.kind in ("folder", "gguf"):
        checkpoint = read_checkpoint(Path(source.location))
        if source.kind == "folder":
            check_tokenizer(Path(source.location), rows=checkpoint.architecture.vocab)
        return checkpoint
    return from_spec(source.spec) if source.spec else ask_hub(source.name)


def gguf_shape_of(source: ModelSource) -> GgufShape:
    """Return what the GGUF of ``source`` takes; asks the Hub only for what is not on this disk."""
    if source.kind == "starter":
        return SMOLLM2_SHAPE
    if source.kind == "gguf":
        return read_gguf_shape(Path(source.location))
    from deepseek_space.models.downloads.gguf_repository import read_remote_gguf

    if kept := _cached_gguf(source):
        return read_gguf_shape(kept)
    return read_remote_gguf(source.location, source.quantisation, revision=source.revision or None)


def is_gguf_here(source: ModelSource) -> bool:
    """Tell whether the GGUF of ``source`` need not be fetched from the Hub."""
    return not source.quantisation or _cached_gguf(source) is not None


def _cached_gguf(source: ModelSource) -> Path | None:
    from deepseek_space.models.downloads.gguf_repository import cached_gguf

    return cached_gguf(source.location, source.quantisation, revision=source.revision or None)


def is_on_disk(repo_id: str) -> bool:
    """Tell whether ``repo_id`` is complete on this disk, without reading what has not been verified yet."""
    from deepseek_space.models.downloads.download import cached_snapshot  # not needed for a single plan

    try:
        return cached_snapshot(repo_id, cancelled=lambda: True) is not None
    except Cancelled:
        return True  # all there, and to be verified when it is loaded
