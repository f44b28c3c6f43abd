"""Checkpoints from the Hub into its own cache: listed, judged, fetched, resumed and verified.

huggingface_hub 2.4 gives each download a temporary file of its own and deletes it when the download fails, so a
killed process would start again from nothing. Here the files are streamed with its session, headers and errors
into partial files that stay; what is large comes by its own transfer first, where there is one.
Does not know what fits into memory and loads nothing.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from huggingface_hub import constants

from deepseek_space.errors import Corrupt, NoNetwork, NoSpace, NotACheckpoint, Unsupported
from deepseek_space.events import Loading
from deepseek_space.models.catalog import nearest_names
from deepseek_space.models.downloads.checksums import never
from deepseek_space.models.downloads.delivery import Delivery
from deepseek_space.models.downloads.disk import check_room, writing_to
from deepseek_space.models.downloads.hub import Hub, open_file
from deepseek_space.models.downloads.hub_listing import list_files, with_sums
from deepseek_space.models.downloads.hub_transfer import HubTransfer
from deepseek_space.models.downloads.listing import RepoFiles, check_names, choose_files
from deepseek_space.models.downloads.preflight import check_config, check_index
from deepseek_space.models.downloads.snapshot import find_snapshot
from deepseek_space.models.downloads.transfer import Meter
from deepseek_space.models.files.json_object import check_json_size, read_json_object
from deepseek_space.models.files.weight_index import INDICES, read_index
from deepseek_space.sentences import Sentence, joined

log = logging.getLogger(__name__)

Read = TypeVar("Read")
MARGIN_BYTES = 100_000_000
WITHOUT_THE_HUB = Sentence(
    "Other ways: a folder or a GGUF file on this disk, or HF_ENDPOINT set to a mirror of the Hub."
)
DAMAGED = Sentence("the repository is damaged")
CHANGE_CACHE = Sentence("choose another folder with the environment variable HF_HOME")


def _silent(_loading: Loading) -> None:
    pass


def _delivery(
    hub: Hub,
    repo_id: str,
    commit: str,
    *,
    progress: Callable[[Loading], None] = _silent,
    cancelled: Callable[[], bool],
) -> Delivery:
    store = hub.store(repo_id)
    return Delivery(
        repo_id=repo_id,
        commit=commit,
        store=store,
        locks=hub.cache / ".locks" / store.root.name,
        open_stream=lambda file, offset: open_file(hub, repo_id, commit, file.name, start=offset),
        large=HubTransfer(hub=hub, repo_id=repo_id, commit=commit),
        patience=hub.patience,
        progress=progress,
        cancelled=cancelled,
    )


def inspect_repo(
    repo_id: str,
    *,
    revision: str | None = None,
    hub: Hub | None = None,
    cancelled: Callable[[], bool] = never,
) -> RepoFiles:
    """Return what a model needs from ``repo_id``, after config and index were fetched and found good.

    Raises ModelNotFound, Unsupported, AccessDenied, Corrupt, NoNetwork, NoSpace, Cancelled.
    """
    hub = hub or Hub()
    commit, listed = hub.patience.keep_trying(
        lambda: list_files(hub, repo_id, revision),
        what=Sentence("Asking {url} for {repo_id}", url=hub.base_url, repo_id=repo_id),
        remedy=joined(nearest_names(repo_id), WITHOUT_THE_HUB),
        cancelled=cancelled,
    )
    check_names(repo_id, listed)
    chosen = with_sums(hub, repo_id, commit, choose_files(repo_id, listed), cancelled=cancelled)
    files = RepoFiles(repo_id=repo_id, commit=commit, files=chosen, config={})
    with writing_to(hub.cache, remedy=CHANGE_CACHE):
        return _judge(_delivery(hub, repo_id, commit, cancelled=cancelled), files)


def _judge(delivery: Delivery, files: RepoFiles) -> RepoFiles:
    config = _small_file(delivery, files, "config.json", read_json_object)
    if config is None:
        raise Unsupported(
            "{repo_id} has no config.json, so it is no checkpoint. Choose another model.", repo_id=files.repo_id
        )
    check_config(files.repo_id, config)
    files = replace(files, config=config)
    for name in INDICES:
        if (index := _small_file(delivery, files, name, read_index)) is not None:
            check_index(files, index)
            return files.narrowed_to(index.files)
    return files


def _small_file(delivery: Delivery, files: RepoFiles, name: str, read: Callable[..., Read]) -> Read | None:
    """Return what ``read`` makes of ``name``, fetched first; None if it is not published. Raises Corrupt."""
    if (file := files.find(name)) is None:
        return None
    shown = Sentence("{name} of {repo_id}", name=name, repo_id=files.repo_id)
    try:
        check_json_size(shown, file.size_bytes)
        delivery.obtain(file, Meter(stage="", total_bytes=file.size_bytes, progress=_silent))
        return read(delivery.store.find(files.commit, file), name=shown, remedy=DAMAGED)
    except NotACheckpoint as error:
        raise Corrupt(error.sentence) from error


def fetch(
    repo_id: str,
    *,
    revision: str | None = None,
    hub: Hub | None = None,
    progress: Callable[[Loading], None],
    cancelled: Callable[[], bool] = never,
) -> Path:
    """Return the folder of the model's newest commit, complete and verified; fetch what is missing.

    Without a network, or a cache that can be written, what is here already is used if it is complete. ``progress``
    counts the bytes of all needed files, those that were here included.
    Raises ModelNotFound, Unsupported, AccessDenied, Corrupt, NoNetwork, NoSpace, Cancelled.
    """
    hub = hub or Hub()
    progress(Loading(stage=Sentence("Asking the Hub for {repo_id}", repo_id=repo_id)))
    try:
        files = inspect_repo(repo_id, revision=revision, hub=hub, cancelled=cancelled)
        return delivered(hub, files, revision, progress=progress, cancelled=cancelled)
    except (NoNetwork, NoSpace) as error:
        kept = cached_snapshot(repo_id, revision=revision, hub=hub, progress=progress, cancelled=cancelled)
        if kept is None:
            raise
        log.warning("%s What is here already is used.", error)
        return kept


def delivered(
    hub: Hub,
    files: RepoFiles,
    revision: str | None,
    *,
    progress: Callable[[Loading], None],
    cancelled: Callable[[], bool],
) -> Path:
    """Return the folder in which all of ``files`` lie verified, after what was missing was fetched."""
    delivery = _delivery(hub, files.repo_id, files.commit, progress=progress, cancelled=cancelled)
    with writing_to(hub.cache, remedy=CHANGE_CACHE):
        if missing_bytes := delivery.missing_bytes(files):
            hub.cache.mkdir(parents=True, exist_ok=True)
            check_room(hub.cache, missing_bytes + MARGIN_BYTES, what=files.repo_id, remedy=CHANGE_CACHE)
        folder = delivery.obtain_all(files)
        with suppress(OSError):  # a note for the next start without a network, which is worth no failure
            delivery.store.set_ref(revision or constants.DEFAULT_REVISION, files.commit)
    return folder


def cached_snapshot(
    repo_id: str,
    *,
    revision: str | None = None,
    hub: Hub | None = None,
    progress: Callable[[Loading], None] = _silent,
    cancelled: Callable[[], bool] = never,
) -> Path | None:
    """Return the folder of ``repo_id`` if it is complete and verified on this disk, else None. Uses no network.

    Blobs that another program fetched are hashed at the first call and remembered. Raises Cancelled.
    """
    return find_snapshot(
        (hub or Hub()).store(repo_id),
        revision or constants.DEFAULT_REVISION,
        progress=progress,
        cancelled=cancelled,
    )
