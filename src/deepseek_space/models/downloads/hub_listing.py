"""A repository as the Hub's API lists it; what a mirror leaves out there is asked of each file.

Knows names, sizes and checksums, and not which of the files a model needs.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from huggingface_hub import HfApi, constants, get_hf_file_metadata, hf_hub_url
from huggingface_hub.hf_api import ModelInfo

from deepseek_space.errors import ModelNotFound, NoNetwork, SpaceError, Unsupported
from deepseek_space.models.downloads.crew import work_at_once
from deepseek_space.models.downloads.hub import Hub, hub_errors
from deepseek_space.models.downloads.listing import BLOB_ID, RepoFile, is_plain_name
from deepseek_space.models.downloads.transfer import Interrupted
from deepseek_space.sentences import Sentence

CONNECTIONS = 8
_COMMIT = re.compile(r"[0-9a-f]{40}")


def list_files(hub: Hub, repo_id: str, revision: str | None) -> tuple[str, tuple[RepoFile, ...]]:
    """Return the commit that ``revision`` is at and its files; those without a checksum have "" for one.

    Raises ModelNotFound, Unsupported, AccessDenied, NoNetwork, Interrupted.
    """
    if revision is not None and not is_plain_name(revision):
        raise ModelNotFound(
            "{revision} is no revision of {repo_id}; give a branch, a tag or a commit.",
            revision=repr(revision),
            repo_id=repo_id,
        )
    api = HfApi(endpoint=hub.base_url, token=hub.token or None, library_name="deepseek-space")
    wanted = {"revision": revision, "files_metadata": True, "timeout": constants.HF_HUB_DOWNLOAD_TIMEOUT}
    try:
        with hub_errors(hub, repo_id):
            return _read(api.model_info(repo_id, **wanted))
    except ModelNotFound:
        _refuse_other_kinds(api, hub, repo_id)
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        # A login page, or JSON of a proxy that is no description of a repository.
        raise NoNetwork(
            "{url} gave an answer about {repo_id} that no Hub gives. Check HF_ENDPOINT, and whether the "
            "network asks for a login first.",
            url=hub.base_url,
            repo_id=repo_id,
        ) from error


def _read(info: ModelInfo) -> tuple[str, tuple[RepoFile, ...]]:
    if not _COMMIT.fullmatch(info.sha or ""):
        raise ValueError(f"no commit: {info.sha!r}")
    return info.sha, tuple(_file(item) for item in info.siblings or ())


def _file(item: Any) -> RepoFile:
    known = str((item.lfs.sha256 if item.lfs else item.blob_id) or "")
    is_described = isinstance(item.size, int) and BLOB_ID.fullmatch(known)
    return RepoFile(name=str(item.rfilename), size_bytes=item.size or 0, blob_id=known if is_described else "")


def _refuse_other_kinds(api: HfApi, hub: Hub, repo_id: str) -> None:
    for kind, word in (("dataset", Sentence("a data set")), ("space", Sentence("a Space"))):
        try:
            with hub_errors(hub, repo_id):
                api.repo_info(repo_id, repo_type=kind, timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT)
        except (SpaceError, Interrupted, ValueError, KeyError, TypeError, AttributeError):
            continue
        raise Unsupported("{repo_id} is {word}, not a model. Choose a model.", repo_id=repo_id, word=word)


def with_sums(
    hub: Hub, repo_id: str, commit: str, files: tuple[RepoFile, ...], *, cancelled: Callable[[], bool]
) -> tuple[RepoFile, ...]:
    """Return ``files`` with size and checksum of each; those that the listing left out are asked for.

    Raises NoNetwork where nobody tells them, and what the Hub refuses.
    """
    found = {file.name: file for file in files}

    def ask(file: RepoFile, stop: Callable[[], bool]) -> None:
        found[file.name] = hub.patience.keep_trying(
            lambda: _described(hub, repo_id, commit, file),
            what=Sentence("Asking {url} for {name} of {repo_id}", url=hub.base_url, name=file.name, repo_id=repo_id),
            cancelled=stop,
        )

    missing = [file for file in files if not file.blob_id]
    work_at_once(ask, missing, hands=CONNECTIONS, cancelled=cancelled)
    return tuple(found.values())


def _described(hub: Hub, repo_id: str, commit: str, file: RepoFile) -> RepoFile:
    url = hf_hub_url(repo_id, file.name, revision=commit, endpoint=hub.base_url)
    with hub_errors(hub, repo_id):
        told = get_hf_file_metadata(url, token=hub.token or None, timeout=constants.HF_HUB_DOWNLOAD_TIMEOUT)
    if told.size is None or not BLOB_ID.fullmatch(told.etag or ""):
        raise NoNetwork(
            "{url} tells no checksum of {name} of {repo_id}, so what it sends could not be checked; "
            "nothing was fetched. Unset HF_ENDPOINT, or set it to a mirror that passes the Hub's "
            "checksums on.",
            url=hub.base_url,
            name=file.name,
            repo_id=repo_id,
        )
    return replace(file, size_bytes=told.size, blob_id=told.etag)
