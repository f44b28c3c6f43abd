"""The libraries of the browser: pinned, served for good from the cache, or named at the network with checksums."""

import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from deepseek_space.ui.gate.page_policy import policy
from deepseek_space.ui.libraries import FOLDER, Places, libraries, routes

CDN = "https://cdn.example"
MERMAID = libraries()["mermaid"]


@pytest.fixture
def cached(tmp_path: Path) -> Path:
    """Return a cache that has Mermaid alone, and a file that nobody has listed."""
    for name in (*MERMAID.files, "dist/other.js"):
        path = tmp_path / FOLDER / MERMAID.label / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("var mermaid = 1;")
    return tmp_path


def client(places: Places) -> TestClient:
    return TestClient(Starlette(routes=routes(places)))


def test_each_is_one_version_with_the_checksum_of_every_file():
    for library in libraries().values():
        assert re.fullmatch(r"\d+(\.\d+)+", library.version), library.name
        assert library.licence
        assert library.files
        assert all(re.fullmatch(r"[A-Za-z0-9+/]{43}=", checksum) for checksum in library.files.values())
    assert "min/vs/loader.js" in libraries()["monaco-editor"].files
    assert "pyodide.asm.wasm" in libraries()["pyodide"].files


def test_what_is_in_the_cache_is_served_for_good(cached: Path):
    places = Places(cache_dir=cached, cdn=CDN)
    told = client(places).get("/libraries/list.json").json()["libraries"]["mermaid"]
    answer = client(places).get(f"/{told['at']}dist/mermaid.min.js")
    assert (answer.status_code, answer.text) == (200, "var mermaid = 1;")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert told["files"] == MERMAID.files


@pytest.mark.parametrize(
    "path", ["dist/other.js", "dist/../dist/other.js", "..%2f..%2fsecret", "package.json", "/etc/passwd", ""]
)
def test_nothing_else_of_the_disk_is(path: str, cached: Path):
    assert client(Places(cache_dir=cached)).get(f"/{FOLDER}/{MERMAID.label}/{path}").status_code == 404


def test_what_is_not_there_is_taken_from_the_network_if_that_is_allowed(cached: Path):
    places, alone = Places(cache_dir=cached, cdn=CDN), Places(cache_dir=cached)
    editor, wheel = libraries()["monaco-editor"], libraries()["pytest"]
    assert places.of(editor) == f"{CDN}/npm/{editor.label}/"
    assert places.of(wheel) == ""  # Pyodide's own folder there has another build of it
    assert alone.of(editor) == alone.pyodide_packages == ""


def test_the_policy_of_the_page_opens_for_these_versions_alone(cached: Path):
    places = Places(cache_dir=cached, cdn=CDN)
    rules = dict(rule.split(" ", 1) for rule in policy(scripts=places.scripts(), fetched=places.fetched()).split("; "))
    editor = places.of(libraries()["monaco-editor"])
    assert editor in rules["script-src"]
    assert editor in rules["style-src"]
    assert places.pyodide_packages in rules["connect-src"]
    elsewhere = [source for rule in rules.values() for source in rule.split() if CDN in source]
    assert all(source.endswith("/") and re.search(r"\d+\.\d+", source) for source in elsewhere)
    assert "mermaid" not in " ".join(elsewhere)  # it is in the cache
    assert CDN not in policy(scripts=Places(cache_dir=cached).scripts(), fetched=Places(cache_dir=cached).fetched())
