"""The Hugging Face Hub as a server: which one, a file as a stream, its errors in our words.

Uses huggingface_hub's session and headers, so its environment variables hold. Knows of checkpoints just their names.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from huggingface_hub import constants, get_session, hf_hub_url
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

from deepseek_space.errors import AccessDenied, ModelNotFound, NoNetwork, Unsupported
from deepseek_space.models.catalog import nearest_names
from deepseek_space.models.downloads.blob_store import BlobStore
from deepseek_space.models.downloads.transfer import Interrupted, Patience, WrongRange
from deepseek_space.sentences import Sentence, joined

log = logging.getLogger(__name__)

PASSING_STATUS = (408, 429, 500, 502, 503, 504)
NO_SUCH_RANGE = 416
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(?:\d+|\*)")


@dataclass(frozen=True, kw_only=True)
class Hub:
    """Which Hub, whose token and which cache; what is left empty is huggingface_hub's own setting."""

    endpoint: str = ""
    token: str = field(default="", repr=False)
    cache_dir: Path | None = None
    large_bytes: int = 1_000_000_000
    """Of what file on its own transfer is worth a process."""
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


@contextmanager
def open_file(
    hub: Hub, repo_id: str, commit: str, name: str, *, start: int = 0, stop: int | None = None
) -> Iterator[tuple[int, Iterator[bytes]]]:
    """Ask for the bytes from ``start`` to before ``stop`` (None: all that follow) of a published file.

    Yields where the answer starts, 0 if the server knows no ranges, and its bytes.
    Raises Interrupted (WrongRange where other bytes would come), AccessDenied, ModelNotFound, NoNetwork, Unsupported.
    """
    url = hf_hub_url(repo_id, name, revision=commit, endpoint=hub.base_url)
    headers = build_hf_headers(token=hub.token or None, library_name="deepseek-space")
    headers["Accept-Encoding"] = "identity"
    if start or stop is not None:
        headers["Range"] = f"bytes={start}-{'' if stop is None else stop - 1}"
    timeout_s = constants.HF_HUB_DOWNLOAD_TIMEOUT
    with hub_errors(hub, repo_id), get_session().stream("GET", url, headers=headers, timeout=timeout_s) as answer:
        hf_raise_for_status(answer)
        if answer.status_code == 206:
            _check_range(answer.headers.get("Content-Range", ""), start)
        yield (start if answer.status_code == 206 else 0), answer.iter_raw()


def _check_range(content_range: str, start: int) -> None:
    found = _CONTENT_RANGE.fullmatch(content_range.strip())
    if not found or int(found[1]) != start:
        raise WrongRange(
            Sentence("{range} came for the bytes from {start:,}", range=repr(content_range or "no range"), start=start)
        )


@contextmanager
def hub_errors(hub: Hub, repo_id: str) -> Iterator[None]:
    """Raise what huggingface_hub raises as an error of ours, or as Interrupted where it may pass."""
    try:
        yield
    except HFValidationError as error:
        raise ModelNotFound("{repo_id} is no repository id; write owner/name.", repo_id=repr(repo_id)) from error
    except OfflineModeIsEnabled as error:
        raise NoNetwork(
            "{repo_id} is not complete on this disk, and HF_HUB_OFFLINE forbids to fetch it. Unset it and try again.",
            repo_id=repo_id,
        ) from error
    except HfHubHTTPError as error:
        raise _judge_status(error, hub, repo_id) from error
    except HTTPError as error:
        # The system's own words, such as "[Errno -2] Name or service not known", mean little to most readers.
        log.info("%s: %s", hub.base_url, error)
        raise Interrupted(Sentence("the Hub cannot be reached"), answered=False) from error


def _judge_status(error: HfHubHTTPError, hub: Hub, repo_id: str) -> Exception:
    status, page = error.response.status_code, f"{hub.base_url}/{repo_id}"
    if status == NO_SUCH_RANGE:
        return WrongRange(Sentence("HTTP {status}", status=status))
    if status in PASSING_STATUS:
        wait = error.response.headers.get("Retry-After", "")
        reason = Sentence("HTTP 429, too many requests") if status == 429 else Sentence("HTTP {status}", status=status)
        return Interrupted(reason, retry_after_s=float(wait) if wait.isdigit() else None)
    if isinstance(error, GatedRepoError):
        return AccessDenied(
            "{repo_id} is gated. Accept its licence at {page}, make a token at {url}/settings/tokens, "
            "set it as HF_TOKEN and start again.",
            repo_id=repo_id,
            page=page,
            url=hub.base_url,
        )
    if isinstance(error, RevisionNotFoundError):
        return ModelNotFound("{repo_id} has no such revision. See {page}/commits/main.", repo_id=repo_id, page=page)
    if isinstance(error, EntryNotFoundError):
        return Unsupported(
            "{repo_id} is incomplete: the Hub lists {path} and does not serve it.",
            repo_id=repo_id,
            path=error.response.url.path,
        )
    if status == 404 or isinstance(error, RepositoryNotFoundError):
        return ModelNotFound(joined(_no_model(repo_id), nearest_names(repo_id)))
    if status in (401, 403):
        return AccessDenied(
            "The Hub refuses {repo_id} (HTTP {status}). If it is private or gated, ask for access at "
            "{page} and set HF_TOKEN to a token that may read it; if HF_TOKEN is set, it may have "
            "expired.",
            repo_id=repo_id,
            status=status,
            page=page,
        )
    return NoNetwork("The Hub answered HTTP {status} for {repo_id}. Try again later.", status=status, repo_id=repo_id)


def _no_model(repo_id: str) -> Sentence:
    return Sentence(
        "The Hub shows no model {repo_id}. Check the spelling; if it is private, set HF_TOKEN to a token that may read "
        "it.",
        repo_id=repr(repo_id),
    )
