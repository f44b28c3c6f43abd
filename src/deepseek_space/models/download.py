"""Checkpoints from the Hugging Face Hub, into its own cache: listed, judged, fetched, resumed and verified.

huggingface_hub 2.4 gives each download a temporary file of its own and deletes it when the download fails, so a
killed process would start again from nothing. Here the files are streamed with its session, headers and errors
into partial files that stay, over plain HTTP (its xet client can be neither resumed nor cancelled).
Does not know what fits into memory and loads nothing.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, constants, get_session, hf_hub_url
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    HTTPError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.file_download import repo_folder_name
from huggingface_hub.utils import build_hf_headers, hf_raise_for_status

from deepseek_space.errors import AccessDenied, Corrupt, ModelNotFound, NoNetwork, SpaceError, Unsupported
from deepseek_space.models.blob_store import BlobStore
from deepseek_space.models.checksums import never
from deepseek_space.models.delivery import Delivery
from deepseek_space.models.disk import check_room, writing_to
from deepseek_space.models.listing import (
    PICKLE_INDEX,
    SAFETENSORS_INDEX,
    RepoFile,
    RepoFiles,
    check_names,
    choose_files,
    is_plain_name,
)
from deepseek_space.models.preflight import MAX_JSON_BYTES, check_config, check_index, read_json
from deepseek_space.models.snapshot import find_snapshot
from deepseek_space.models.transfer import Interrupted, Meter, Patience
from deepseek_space.types import Loading

log = logging.getLogger(__name__)

MARGIN_BYTES = 100_000_000
CHANGE_CACHE = "choose another folder with the environment variable HF_HOME"
PASSING_STATUS = (408, 429, 500, 502, 503, 504)


def _silent(_loading: Loading) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Hub:
    """Which Hub, whose token and which cache; what is left empty is huggingface_hub's own setting."""

    endpoint: str = ""
    token: str = field(default="", repr=False)
    cache_dir: Path | None = None
    patience: Patience = field(default_factory=Patience)

    @property
    def base_url(self) -> str:
        """The address without a slash at its end."""
        return (self.endpoint or constants.ENDPOINT).rstrip("/")

    @property
    def cache(self) -> Path:
        """The folder of all repositories."""
        return self.cache_dir or Path(constants.HF_HUB_CACHE)

    def store(self, repo_id: str) -> BlobStore:
        """Return the folder of one model."""
        return BlobStore(root=self.cache / repo_folder_name(repo_id=repo_id, repo_type="model"))


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
        store=store,
        locks=hub.cache / ".locks" / store.root.name,
        open_stream=lambda file, offset: _answer(hub, repo_id, commit, file.name, offset),
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
        lambda: _listing(hub, repo_id, revision), what=f"Asking {hub.base_url} for {repo_id}", cancelled=cancelled
    )
    check_names(repo_id, commit, listed)
    chosen = choose_files(repo_id, listed)
    files = RepoFiles(repo_id=repo_id, commit=commit, files=chosen, config={})
    with writing_to(hub.cache, remedy=CHANGE_CACHE):
        return _judge(_delivery(hub, repo_id, commit, cancelled=cancelled), files)


def _judge(delivery: Delivery, files: RepoFiles) -> RepoFiles:
    config = _small_json(delivery, files, "config.json")
    if config is None:
        raise Unsupported(f"{files.repo_id} has no config.json, so it is no transformers checkpoint.")
    check_config(files.repo_id, config)
    files = replace(files, config=config)
    for name in (SAFETENSORS_INDEX, PICKLE_INDEX):
        if (index := _small_json(delivery, files, name)) is not None:
            return files.narrowed_to(check_index(files, index))
    return files


def _small_json(delivery: Delivery, files: RepoFiles, name: str) -> dict[str, Any] | None:
    if (file := files.find(name)) is None:
        return None
    if file.size_bytes > MAX_JSON_BYTES:
        raise Corrupt(f"{name} of {files.repo_id} has {file.size_bytes:,} bytes; that is no description of a model.")
    delivery.obtain(file, Meter(stage="", total_bytes=file.size_bytes, progress=_silent))
    return read_json(delivery.store.blob(file), f"{name} of {files.repo_id}")


def fetch(
    repo_id: str,
    *,
    revision: str | None = None,
    hub: Hub | None = None,
    progress: Callable[[Loading], None],
    cancelled: Callable[[], bool] = never,
) -> Path:
    """Return the folder of the model's newest commit, complete and verified; fetch what is missing.

    Without a network, what is here already is used if it is complete. ``progress`` counts the bytes of all
    needed files, those that were here included.
    Raises ModelNotFound, Unsupported, AccessDenied, Corrupt, NoNetwork, NoSpace, Cancelled.
    """
    hub = hub or Hub()
    progress(Loading(stage=f"Asking the Hub for {repo_id}"))
    try:
        files = inspect_repo(repo_id, revision=revision, hub=hub, cancelled=cancelled)
    except NoNetwork:
        kept = cached_snapshot(repo_id, revision=revision, hub=hub, progress=progress, cancelled=cancelled)
        if kept is None:
            raise
        return kept
    delivery = _delivery(hub, repo_id, files.commit, progress=progress, cancelled=cancelled)
    with writing_to(hub.cache, remedy=CHANGE_CACHE):
        if missing_bytes := delivery.missing_bytes(files):
            hub.cache.mkdir(parents=True, exist_ok=True)
            check_room(hub.cache, missing_bytes + MARGIN_BYTES, what=repo_id, remedy=CHANGE_CACHE)
        folder = delivery.obtain_all(files)
        delivery.store.set_ref(revision or constants.DEFAULT_REVISION, files.commit)
    return folder


@contextmanager
def _answer(hub: Hub, repo_id: str, commit: str, name: str, offset: int) -> Iterator[tuple[int, Iterator[bytes]]]:
    url = hf_hub_url(repo_id, name, revision=commit, endpoint=hub.base_url)
    headers = build_hf_headers(token=hub.token or None, library_name="deepseek-space")
    headers["Accept-Encoding"] = "identity"
    if offset:
        headers["Range"] = f"bytes={offset}-"
    timeout_s = constants.HF_HUB_DOWNLOAD_TIMEOUT
    with _hub_errors(hub, repo_id), get_session().stream("GET", url, headers=headers, timeout=timeout_s) as answer:
        hf_raise_for_status(answer)
        yield (offset if answer.status_code == 206 else 0), answer.iter_raw()


def _listing(hub: Hub, repo_id: str, revision: str | None) -> tuple[str, tuple[RepoFile, ...]]:
    if revision is not None and not is_plain_name(revision):
        raise ModelNotFound(f"{revision!r} is no revision of {repo_id}; give a branch, a tag or a commit.")
    api = HfApi(endpoint=hub.base_url, token=hub.token or None, library_name="deepseek-space")
    try:
        with _hub_errors(hub, repo_id):
            info = api.model_info(
                repo_id, revision=revision, files_metadata=True, timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT
            )
    except ModelNotFound:
        _refuse_other_kinds(api, hub, repo_id)
        raise
    except (ValueError, KeyError) as error:
        raise NoNetwork(
            f"{hub.base_url} gave an answer about {repo_id} that no Hub gives. Check HF_ENDPOINT, and whether the "
            "network asks for a login first."
        ) from error
    files = tuple(
        RepoFile(
            name=item.rfilename,
            size_bytes=item.size or 0,
            blob_id=(item.lfs.sha256 if item.lfs else item.blob_id) or "",
        )
        for item in info.siblings or ()
    )
    return info.sha or "", files


def _refuse_other_kinds(api: HfApi, hub: Hub, repo_id: str) -> None:
    for kind, word in (("dataset", "a data set"), ("space", "a Space")):
        try:
            with _hub_errors(hub, repo_id):
                api.repo_info(repo_id, repo_type=kind, timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT)
        except (SpaceError, Interrupted):
            continue
        raise Unsupported(f"{repo_id} is {word}, not a model. Choose a model.")


@contextmanager
def _hub_errors(hub: Hub, repo_id: str) -> Iterator[None]:
    try:
        yield
    except HFValidationError as error:
        raise ModelNotFound(f"{repo_id!r} is no repository id; write owner/name.") from error
    except OfflineModeIsEnabled as error:
        raise NoNetwork(
            f"{repo_id} is not complete on this disk, and HF_HUB_OFFLINE forbids to fetch it. Unset it and try again."
        ) from error
    except HfHubHTTPError as error:
        raise _judge_status(error, hub, repo_id) from error
    except HTTPError as error:
        # The system's own words, such as "[Errno -2] Name or service not known", mean little to most readers.
        log.info("%s: %s", hub.base_url, error)
        raise Interrupted(f"{hub.base_url} cannot be reached from here", answered=False) from error


def _judge_status(error: HfHubHTTPError, hub: Hub, repo_id: str) -> Exception:
    status, page = error.response.status_code, f"{hub.base_url}/{repo_id}"
    if status in PASSING_STATUS:
        wait = error.response.headers.get("Retry-After", "")
        return Interrupted(f"HTTP {status}", retry_after_s=float(wait) if wait.isdigit() else None)
    if isinstance(error, GatedRepoError):
        return AccessDenied(
            f"{repo_id} is gated. Accept its licence at {page}, make a token at {hub.base_url}/settings/tokens, set it "
            "as HF_TOKEN and start again."
        )
    if isinstance(error, RevisionNotFoundError):
        return ModelNotFound(f"{repo_id} has no such revision. See {page}/commits/main.")
    if isinstance(error, EntryNotFoundError):
        return Unsupported(f"{repo_id} is incomplete: the Hub lists {error.response.url.path} and does not serve it.")
    if status == 404 or isinstance(error, RepositoryNotFoundError):
        return ModelNotFound(
            f"The Hub shows no model {repo_id!r}. Check the spelling; if it is private, set HF_TOKEN to a token that "
            "may read it."
        )
    if status in (401, 403):
        return AccessDenied(
            f"The Hub refuses {repo_id} (HTTP {status}). If it is private or gated, ask for access at {page} and set "
            "HF_TOKEN to a token that may read it; if HF_TOKEN is set, it may have expired."
        )
    return NoNetwork(f"The Hub answered HTTP {status} for {repo_id}. Try again later.")


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
