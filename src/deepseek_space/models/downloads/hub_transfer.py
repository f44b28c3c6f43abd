"""huggingface_hub's own transfer for large files, which come from Xet's storage at ten times the speed of a stream.

It can be neither resumed nor cancelled from inside, so it runs as a process of its own, which is ended. hf_xet 1.8
writes a file from its beginning to its end: what an ended one leaves is a beginning, with which the stream goes on.
Verifies nothing.
"""

import importlib.util
import json
import logging
import os
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url

from deepseek_space.errors import SpaceError
from deepseek_space.models.downloads.blob_store import parts_of
from deepseek_space.models.downloads.ended_process import Fetcher, Stalled
from deepseek_space.models.downloads.hub import Hub, hub_errors
from deepseek_space.models.downloads.listing import RepoFile
from deepseek_space.models.downloads.transfer import Interrupted
from deepseek_space.sentences import Sentence

log = logging.getLogger(__name__)

STALL_S = 60.0  # hf_xet itself waits for five minutes, five times
CHILD = (sys.executable, "-m", "deepseek_space.models.downloads.hub_child")
# Each process buffers what has arrived out of order: 2 to 8 GB by itself, and several run at once.
BUFFERS = {
    "HF_XET_RECONSTRUCTION_DOWNLOAD_BUFFER_SIZE": "256mb",
    "HF_XET_RECONSTRUCTION_DOWNLOAD_BUFFER_PERFILE_SIZE": "256mb",
    "HF_XET_RECONSTRUCTION_DOWNLOAD_BUFFER_LIMIT": "512mb",
}
_SOURCE = Path(__file__).parents[3]  # where Python finds this package


@dataclass(frozen=True, kw_only=True)
class HubTransfer:
    """The transfer for one fetch of one repository; after its first failure there, it is not tried again."""

    hub: Hub
    repo_id: str
    commit: str
    stall_s: float = field(default_factory=lambda: STALL_S)
    command: Sequence[str] = field(default_factory=lambda: CHILD)
    _failed: threading.Event = field(default_factory=threading.Event)

    def takes(self, file: RepoFile, *, missing_bytes: int) -> bool:
        """Return whether this is the way for ``file``: large enough, in Xet's storage, and not switched off."""
        is_off = constants.HF_HUB_DISABLE_XET or constants.HF_HUB_OFFLINE or not importlib.util.find_spec("hf_xet")
        return not (is_off or self._failed.is_set()) and missing_bytes >= self.hub.large_bytes and self._is_in_xet(file)

    def _is_in_xet(self, file: RepoFile) -> bool:
        url = hf_hub_url(self.repo_id, file.name, revision=self.commit, endpoint=self.hub.base_url)
        timeout_s = constants.HF_HUB_DOWNLOAD_TIMEOUT
        try:
            with hub_errors(self.hub, self.repo_id):
                told = get_hf_file_metadata(url, token=self.hub.token or None, timeout=timeout_s)
        except (SpaceError, Interrupted):
            return False  # the stream says it better, and tries again
        return told.xet_file_data is not None

    def fetch(
        self, file: RepoFile, folder: Path, *, arrived: Callable[[int], None], cancelled: Callable[[], bool]
    ) -> None:
        """Fetch ``file`` into ``folder``, where a beginning of it is left if that does not come to an end.

        Raises Cancelled, OSError; any other failure is noted and left to the stream.
        """
        folder.mkdir(parents=True, exist_ok=True)
        fetcher = Fetcher(
            command=self.command,
            environ=_environ(),
            stall_s=self.stall_s,
            told=json.dumps(self._job(file, folder)) + "\n",
        )
        try:
            ended = fetcher.run(
                what=Sentence("{name} of {repo_id}", name=file.name, repo_id=self.repo_id),
                measure=lambda: max(map(_size, parts_of(file, folder)), default=0),
                arrived=arrived,
                cancelled=cancelled,
            )
            reason = f"it ended with {ended.code}: {_last_line(ended.said)}" if ended.code else ""
        except Stalled as stalled:
            reason = str(stalled)
        if reason:
            self._failed.set()
            log.warning("%s: the Hub client's own transfer failed (%s); a stream goes on.", file.name, reason)

    def _job(self, file: RepoFile, folder: Path) -> dict[str, str]:
        return {
            "repo_id": self.repo_id,
            "commit": self.commit,
            "name": file.name,
            "folder": str(folder),
            "endpoint": self.hub.base_url,
            "token": self.hub.token,
        }


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # it has got its name meanwhile
        return 0


def _environ() -> dict[str, str]:
    path = os.pathsep.join(filter(None, (str(_SOURCE), os.environ.get("PYTHONPATH"))))
    return {**BUFFERS, **os.environ, "PYTHONPATH": path, "HF_HUB_DISABLE_PROGRESS_BARS": "1"}


def _last_line(said: str) -> str:
    lines = said.strip().splitlines()
    return lines[-1][:300] if lines else "no word"
