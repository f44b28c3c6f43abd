"""GGUF repositories on the Hub: which quantisations one has, the header of one by HTTP Range, and all its parts.

A quantisation is asked for as llama.cpp and Ollama write it, ``OWNER/REPO:Q4_K_M``. Loads nothing.
"""

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath

from deepseek_space.errors import Corrupt, ModelNotFound, NoNetwork, NoSpace, NotACheckpoint
from deepseek_space.events import Loading
from deepseek_space.models.catalog import nearest_names
from deepseek_space.models.downloads.blob_store import BlobStore
from deepseek_space.models.downloads.checksums import never
from deepseek_space.models.downloads.download import WITHOUT_THE_HUB, delivered
from deepseek_space.models.downloads.hub import Hub
from deepseek_space.models.downloads.hub_listing import list_files, with_sums
from deepseek_space.models.downloads.listing import (
    RepoFile,
    RepoFiles,
    check_names,
    has_checkpoint,
    is_gguf_model,
    quantisations,
)
from deepseek_space.models.downloads.remote_headers import bytes_between
from deepseek_space.models.files.gguf_checkpoint import open_gguf, part_names
from deepseek_space.models.files.gguf_header import read_gguf_header
from deepseek_space.models.files.gguf_shape import GgufShape, gguf_shape, quantisation_of
from deepseek_space.sentences import Sentence, joined

HEAD_BYTES = (4 << 20, 16 << 20, 64 << 20)
"""Asked for one after the other, until the header is whole: most of it is the list of tokens."""


def inspect_gguf(
    repo_id: str,
    quantisation: str,
    *,
    revision: str | None = None,
    hub: Hub | None = None,
    cancelled: Callable[[], bool] = never,
) -> RepoFiles:
    """Return the parts of ``quantisation`` that ``repo_id`` publishes, the first one first.

    Raises ModelNotFound with those that there are, Corrupt where a part is missing, and what the Hub refuses.
    """
    hub = hub or Hub()
    commit, listed = _listed(hub, repo_id, revision, cancelled)
    chosen = with_sums(hub, repo_id, commit, parts_of(repo_id, listed, quantisation), cancelled=cancelled)
    return RepoFiles(repo_id=repo_id, commit=commit, files=chosen, config={})


def _listed(
    hub: Hub, repo_id: str, revision: str | None, cancelled: Callable[[], bool]
) -> tuple[str, tuple[RepoFile, ...]]:
    commit, listed = hub.patience.keep_trying(
        lambda: list_files(hub, repo_id, revision),
        what=Sentence("Asking {url} for {repo_id}", url=hub.base_url, repo_id=repo_id),
        remedy=joined(nearest_names(repo_id), WITHOUT_THE_HUB),
        cancelled=cancelled,
    )
    check_names(repo_id, listed)
    return commit, listed


def published_gguf(
    repo_id: str, *, revision: str | None = None, beside_weights: bool, hub: Hub | None = None
) -> dict[str, int | Corrupt]:
    """Return the quantisations of ``repo_id`` with the bytes of all parts, or with why one cannot be used.

    Empty where there are none, or weights for torch as well and they do not count ``beside_weights``. Raises what the
    Hub refuses.
    """
    _, listed = _listed(hub or Hub(), repo_id, revision, never)
    if has_checkpoint(listed) and not beside_weights:
        return {}
    return {name: _bytes_of(repo_id, listed, name) for name in quantisations(listed)}


def _bytes_of(repo_id: str, listed: Iterable[RepoFile], name: str) -> int | Corrupt:
    try:
        return sum(file.size_bytes for file in parts_of(repo_id, listed, name))
    except Corrupt as error:
        return error


def parts_of(repo_id: str, listed: Iterable[RepoFile], wanted: str) -> tuple[RepoFile, ...]:
    """Return the files of the quantisation, or of the file name, ``wanted``. Raises ModelNotFound, Corrupt."""
    by_name = {file.name: file for file in listed if is_gguf_model(file.name)}
    found = sorted(name for name in by_name if _is_wanted(name, wanted))
    if not found:
        there = ", ".join(quantisations(by_name.values())) or Sentence("no GGUF files")
        raise ModelNotFound(
            "{repo_id} has no {wanted}; there are: {names}.", repo_id=repo_id, wanted=wanted, names=there
        )
    first = PurePosixPath(found[0])
    names = [str(first.with_name(name)) for name in part_names(first.name)]
    if absent := [name for name in names if name not in by_name]:
        raise Corrupt(
            "{repo_id} lacks {count} of the {total} parts of {wanted}, {first} first. Choose another quantisation.",
            repo_id=repo_id,
            count=len(absent),
            total=len(names),
            wanted=wanted,
            first=absent[0],
        )
    return tuple(by_name[name] for name in names)


def _is_wanted(name: str, wanted: str) -> bool:
    last = PurePosixPath(name).name
    return wanted.lower() in (last.lower(), quantisation_of(last).lower())


def read_remote_gguf(
    repo_id: str, quantisation: str, *, revision: str | None = None, hub: Hub | None = None
) -> GgufShape:
    """Return the shape of a published GGUF from the headers of its parts, some megabytes.

    Raises Corrupt for headers that do not fit their files, and what the Hub refuses.
    """
    hub = hub or Hub()
    files = inspect_gguf(repo_id, quantisation, revision=revision, hub=hub)
    with tempfile.TemporaryDirectory() as folder:
        for file in files.files:
            _write_head(hub, files, file, Path(folder) / PurePosixPath(file.name).name)
        shape = gguf_shape(open_gguf(Path(folder) / PurePosixPath(files.files[0].name).name))
    return replace(shape, name=f"{repo_id}:{quantisation}")


def _write_head(hub: Hub, files: RepoFiles, file: RepoFile, path: Path) -> None:
    """Write the beginning of ``file`` to ``path``, which is as long as the file and empty after that."""
    problem: NotACheckpoint | None = None
    for stop in HEAD_BYTES:
        end = min(stop, file.size_bytes)
        content = hub.patience.keep_trying(
            lambda end=end: bytes_between(hub, files, file, 0, end),
            what=Sentence("Reading the header of {name} of {repo_id}", name=file.name, repo_id=files.repo_id),
            cancelled=never,
        )
        with path.open("wb") as head:
            head.write(content)
            head.truncate(file.size_bytes)  # a hole: it takes no room
        try:
            read_gguf_header(path)
            return
        except NotACheckpoint as error:
            problem = error
        if end == file.size_bytes:
            break
    raise Corrupt(
        "{repo_id} publishes {name} with a header that does not describe the file. The repository is "
        "damaged; choose another revision or model.",
        repo_id=files.repo_id,
        name=file.name,
    ) from problem


def fetch_gguf(
    repo_id: str,
    quantisation: str,
    *,
    revision: str | None = None,
    hub: Hub | None = None,
    progress: Callable[[Loading], None],
    cancelled: Callable[[], bool] = never,
) -> Path:
    """Return the first part of the quantisation, all parts complete and verified; fetch what is missing.

    Without a network, or a cache that can be written, what is here already is used if it is complete.
    Raises ModelNotFound, AccessDenied, Corrupt, NoNetwork, NoSpace, Cancelled.
    """
    hub = hub or Hub()
    progress(Loading(stage=Sentence("Asking the Hub for {repo_id}", repo_id=repo_id)))
    try:
        files = inspect_gguf(repo_id, quantisation, revision=revision, hub=hub, cancelled=cancelled)
        folder = delivered(hub, files, revision, progress=progress, cancelled=cancelled)
        return folder / files.files[0].name
    except (NoNetwork, NoSpace):
        kept = cached_gguf(repo_id, quantisation, revision=revision, hub=hub)
        if kept is None:
            raise
        return kept


def cached_gguf(repo_id: str, quantisation: str, *, revision: str | None = None, hub: Hub | None = None) -> Path | None:
    """Return the first part of the quantisation where all were fetched and verified here, else None."""
    store = (hub or Hub()).store(repo_id)
    commit = store.commit_of(revision or "main")
    if commit is None:
        return None
    folder = store.snapshot(commit)
    there = sorted(
        path for path in folder.rglob("*.gguf") if is_gguf_model(path.name) and _is_wanted(path.name, quantisation)
    )
    if not there:
        return None
    parts = [there[0].with_name(name) for name in part_names(there[0].name)]
    whole = all(part.is_file() and _is_verified(store, part) for part in parts)
    return parts[0] if whole else None


def _is_verified(store: BlobStore, path: Path) -> bool:
    blob_id = path.readlink().name if path.is_symlink() else ""
    return store.is_verified(blob_id, path) if blob_id else bool(store.verified_as(path))
