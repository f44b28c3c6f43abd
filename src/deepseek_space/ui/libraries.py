"""Libraries that run in the browser and are no part of the project: which, where they are, the route that serves them.

``assets/libraries.json`` names package, version, files and their checksums. They lie in the app's cache, once
``commands/libraries.py`` has put them there, and are served from the app's own address; else the browser takes the very
same files from a content delivery network, held to the same checksums. Does not know what the libraries do.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from deepseek_space.ui.assets import ASSETS

FOLDER = "libraries"  # in the app's cache, and in its address
_FOR_GOOD = "public, max-age=31536000, immutable"  # another version has another address
_TYPES = {".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm", ".css": "text/css"}
# Which packages are scripts of the page; the others are only read by it.
_RUN_IN_THE_PAGE = ("monaco-editor",)


@dataclass(frozen=True, kw_only=True)
class Library:
    """A package at one version; ``files`` are paths in it with their SHA-256 as browsers write it, in base64."""

    name: str
    source: Literal["npm", "pypi"]
    version: str
    licence: str
    files: dict[str, str]

    @property
    def label(self) -> str:
        """The package with its version, which is also the name of its folder."""
        return f"{self.name}@{self.version}"

    def is_in(self, cache_dir: Path) -> bool:
        """Whether all its files are in the app's cache; they are checked as they are put there, and whole or not."""
        return all((cache_dir / FOLDER / self.label / name).is_file() for name in self.files)


@cache
def libraries() -> dict[str, Library]:
    """Return what ``assets/libraries.json`` names, by package."""
    listed = json.loads((ASSETS / "libraries.json").read_text(encoding="utf-8"))
    return {name: Library(name=name, **facts) for name, facts in listed.items()}


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where a browser finds the libraries: in the app's cache, or at ``cdn``, "" for nowhere else."""

    cache_dir: Path
    cdn: str = ""

    def of(self, library: Library) -> str:
        """Return the address that the paths of its files are put behind; "" where it cannot be had."""
        if library.is_in(self.cache_dir):
            return f"./{FOLDER}/{library.label}/"
        return f"{self.cdn}/npm/{library.label}/" if self.cdn and library.source == "npm" else ""

    @property
    def pyodide_packages(self) -> str:
        """Where the packages are that Pyodide's lock file names, none of which comes with it."""
        return f"{self.cdn}/pyodide/v{libraries()['pyodide'].version}/full/" if self.cdn else ""

    def scripts(self) -> list[str]:
        """Return the addresses elsewhere whose scripts and styles the page may run, for its policy."""
        return [place for place in map(self.of, _named(_RUN_IN_THE_PAGE)) if urlsplit(place).netloc]

    def fetched(self) -> list[str]:
        """Return the addresses elsewhere that the page may read, for its policy."""
        places = [*map(self.of, libraries().values()), self.pyodide_packages]
        return [place for place in places if urlsplit(place).netloc]

    def told(self) -> dict[str, Any]:
        """Return what the page is told: each library's address, and its files with their checksums."""
        found = {
            library.name: {"at": self.of(library), "version": library.version, "files": library.files}
            for library in libraries().values()
        }
        return {"libraries": found, "pyodidePackages": self.pyodide_packages}


def routes(places: Places) -> list[BaseRoute]:
    """Return the routes to be served before Gradio's."""

    def told(_request: Request) -> Response:
        return JSONResponse(places.told(), headers={"cache-control": "no-cache"})

    def file(request: Request) -> Response:
        label, path = request.path_params["label"], request.path_params["path"]
        library = next((one for one in libraries().values() if one.label == label and path in one.files), None)
        found = places.cache_dir / FOLDER / label / path
        if library is None or not found.is_file():  # only what is listed is served
            return PlainTextResponse("Not Found", 404)
        return FileResponse(found, media_type=_TYPES.get(found.suffix), headers={"cache-control": _FOR_GOOD})

    return [Route(f"/{FOLDER}/list.json", told), Route(f"/{FOLDER}/{{label}}/{{path:path}}", file)]


def _named(names: Iterable[str]) -> list[Library]:
    return [libraries()[name] for name in names]
