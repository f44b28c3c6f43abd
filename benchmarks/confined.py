"""Runs programs that nobody has read: without a network, in a folder of their own, bounded. Knows no benchmark.

Linux alone. Of the machine's files a program sees the system's and Python's, read-only; what it writes is in memory and
gone with it. Namespaces of the kernel hold it, made by util-linux' ``unshare`` or by bubblewrap, whichever works here.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PYTHON = str(Path(sys.executable).resolve())  # the one beneath a virtual environment, with its own library alone
SEEN = tuple(dict.fromkeys(path for path in ("/usr", "/lib", "/lib64", "/bin", sys.base_prefix) if Path(path).exists()))
NOBODY = "65534"
BOX = "/box"  # where a program finds its files
_TOOLS = {"unshare": ("unshare", "mount", "pivot_root", "setpriv", "prlimit"), "bwrap": ("bwrap", "prlimit")}
# The mounts: a root of nothing but what is seen, and the program's files in memory. Then nothing else is there. The
# shell stays, as the first process of its namespace: it ends with its parent, and everything there ends with it.
_ROOT = r"""
set -e; PATH=$PATH:/usr/sbin:/sbin
root=$1 files=$2 size=$3 owner=$4; shift 4
mount -t tmpfs -o size=4m,mode=755 none "$root"
while [ "$1" != -- ]; do
    if [ -L "$1" ]; then ln -s "$(readlink "$1")" "$root$1"; shift; continue; fi
    mkdir -p "$root$1"; mount --bind "$1" "$root$1"; mount -o remount,bind,ro,nosuid,nodev "$root$1"; shift
done
shift
mkdir "$root/box" "$root/proc" "$root/dev" "$root/old"; ln -s box "$root/tmp"
mount -t tmpfs -o "size=$size,mode=755" none "$root/box"
cp -R "$files/." "$root/box"; chown -R "$owner" "$root/box"
mount -t proc none "$root/proc"
for device in null zero urandom; do : > "$root/dev/$device"; mount --bind "/dev/$device" "$root/dev/$device"; done
cd "$root"; pivot_root . old; umount -l old; rmdir old; mount -o remount,bind,ro /
cd /box; "$@"
"""


class CannotConfine(Exception):
    """There is nothing here that holds a program; says what is missing."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The most that a program gets; ``files_mib`` are those it writes, ``output_bytes`` what it prints."""

    wall_s: float = 10.0
    memory_mib: int = 1024
    processes: int = 24
    files_mib: int = 16
    output_bytes: int = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a program ended; ``code`` is None where its time was up."""

    code: int | None
    output: str


def run(files: Mapping[str, str], command: Sequence[str], limits: Limits | None = None) -> Ended:
    """Run ``command`` beside ``files`` (path → text) and return how it ended. Raises CannotConfine."""
    return _run(way(), files, command, limits or Limits())


def require() -> None:
    """End the program, and say what is missing, where nothing here holds one."""
    try:
        way()
    except CannotConfine as reason:
        raise SystemExit(str(reason)) from None


@cache
def way() -> str:
    """Return what holds programs here: "unshare" or "bwrap". Raises CannotConfine."""
    if sys.platform != "linux":
        raise CannotConfine("Programs are confined by namespaces of Linux, and this is none.")
    hindrances: dict[str, str] = {}
    for name in _TOOLS:
        hindrances[name] = _hindrance(name)
        if not hindrances[name]:
            return name
    raise CannotConfine(
        f"Nothing here confines a program ({'; '.join(f'{name}: {why}' for name, why in hindrances.items())}). Install "
        "util-linux or bubblewrap, and allow namespaces: in a container that takes --cap-add SYS_ADMIN."
    )


def _hindrance(name: str) -> str:
    """Return why ``name`` holds no program here, "" where it does."""
    if missing := [tool for tool in _TOOLS[name] if not _tool(tool)]:
        return f"no {', '.join(missing)}"
    if name == "bwrap" and os.geteuid() == 0:
        return "bounds no processes of root's"
    ended = _run(name, {}, [PYTHON, "-c", "print(6 * 7)"], Limits())
    return "" if ended.code == 0 and ended.output.strip() == "42" else f"failed with {ended.output.strip()[-200:]}"


def _run(name: str, files: Mapping[str, str], command: Sequence[str], limits: Limits) -> Ended:
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as output:
        given, root = Path(folder, "files"), Path(folder, "root")
        for path in (given, root):
            path.mkdir()
        for path, text in files.items():
            place = (given / path).resolve()
            if not place.is_relative_to(given.resolve()):
                raise ValueError(f"{path} lies elsewhere.")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        bounded = [
            _tool("prlimit"),
            f"--nproc={limits.processes}:{limits.processes}",
            f"--as={limits.memory_mib << 20}",
        ]
        start = _unshare if name == "unshare" else _bwrap
        words = [*start(given, root, limits), *bounded, *command]
        return _ended(words, output, limits)


def _unshare(given: Path, root: Path, limits: Limits) -> list[str]:
    """As root the program becomes nobody, whose processes are counted; others become root of a namespace, less all."""
    is_root = os.geteuid() == 0
    unshare = [_tool("unshare"), "-inmpf" if is_root else "-rinmpf", "--kill-child", "--propagation", "private"]
    drop = [_tool("setpriv"), "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"]
    drop += [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if is_root else []
    owner = f"{NOBODY}:{NOBODY}" if is_root else "0:0"
    places = [str(root), str(given), f"{limits.files_mib}m", owner, *SEEN, "--"]
    return [*unshare, "/bin/sh", "-c", _ROOT, "confined", *places, *drop]


def _bwrap(given: Path, root: Path, limits: Limits) -> list[str]:
    seen = [word for path in SEEN for word in _seen_by_bwrap(path)]
    box = ["--size", str(limits.files_mib << 20), "--tmpfs", BOX]
    box += [
        word
        for path in given.rglob("*")
        if path.is_file()
        for word in ("--ro-bind", str(path), f"{BOX}/{path.relative_to(given)}")
    ]
    held = [
        "--unshare-all",
        "--die-with-parent",
        "--new-session",
        "--cap-drop",
        "ALL",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
    ]
    return [_tool("bwrap"), *held, *seen, *box, "--chdir", BOX]


def _seen_by_bwrap(path: str) -> list[str]:
    return ["--symlink", str(Path(path).readlink()), path] if Path(path).is_symlink() else ["--ro-bind", path, path]


def _ended(words: Sequence[str], output: object, limits: Limits) -> Ended:
    environ = {"PATH": "/usr/bin:/bin", "HOME": BOX, "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=environ,
        start_new_session=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limits.output_bytes, limits.output_bytes)),
    )
    try:
        code = process.wait(limits.wall_s)
    except subprocess.TimeoutExpired:
        code = None
    finally:
        process.kill()  # and with it all that its namespace holds
        process.wait()
    output.seek(0)
    return Ended(code=code, output=output.read(limits.output_bytes).decode("utf-8", "replace"))


def _tool(name: str) -> str:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or ""
