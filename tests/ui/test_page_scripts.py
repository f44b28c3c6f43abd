"""The page's scripts are modules of one app: served for good, run before Gradio's, under one name, with one room that
knows Gradio."""

import re

import httpx
import pytest

from deepseek_space.ui import page_scripts
from deepseek_space.ui.assets import ASSETS
from deepseek_space.ui.words.page_language import First, localized
from page_source import PYTHON, SCRIPTS, without_comments

IMPORT = re.compile(r'^(?:import|export) [^;]*from "\./([\w.]+)";$', re.MULTILINE)
ROOM = "gradio.js"
# What a script of ours has no name for: classes that are not ours, marks of Gradio's and CodeMirror's, built-ins that
# are put in the place of others.
FOREIGN = {
    "class": r'[\s"\'`,(>]\.(?!ds-|is-|\.)[a-z][\w-]*(?=[\s"\'`,:\[.>)])',
    "mark": r"data-testid|svelte|ͼ|\bcm-|gradio_|\[role=",
    "field": r"#(?!model-list)[\w-]+ (?:textarea|input)\b",
    "built-in": r"Object\.defineProperty\(|navigator\.[\w.]+ = |window\.[\w.]+ = ",
}


def test_they_are_served_as_one_to_be_kept_for_good(url):
    answer = httpx.get(f"{url}{page_scripts.address()}")
    assert (answer.status_code, answer.text) == (200, page_scripts.whole())
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]


def test_so_is_what_they_are_made_of(url):
    for name in page_scripts.modules().keys() - {page_scripts.ENTRY}:
        assert httpx.get(f"{url}{page_scripts.address(name)}").text == page_scripts.modules()[name]


def test_a_page_of_an_older_app_gets_them_as_they_are_now_and_does_not_keep_them(url):
    answer = httpx.get(f"{url}page-scripts/0123456789abcdef/{page_scripts.ENTRY}")
    assert answer.text == page_scripts.whole()
    assert answer.headers["cache-control"] == "no-cache"
    for name in ("nothing.js", "../../README.md", "%2e%2e%2fchat.css"):
        assert httpx.get(f"{url}page-scripts/{page_scripts.version()}/{name}").status_code == 404


def test_they_stand_before_gradio_s_own_and_after_the_language(url):
    page = httpx.get(url).text
    entry = page.index(page_scripts.tag())
    assert page.index("navigator") < entry < page.index('<script type="module" crossorigin')


def test_the_page_that_asks_for_a_password_runs_none():
    page = b'<html lang="en"><head><script>window.gradio_config = {"auth_required":true};</script></head><body>'
    first = First(body="<div>first</div>", scripts=page_scripts.tag())
    asked, shown = localized(page, "en", first), localized(page.replace(b"true", b"false"), "en", first)
    assert b"page.js" not in asked
    assert b"first" not in asked
    assert shown.index(b"<body>") < shown.index(b"first") < shown.index(b"page.js") < shown.index(b"gradio_config")


def test_the_whole_has_each_module_once_after_what_it_imports():
    whole = page_scripts.whole()
    places = {path.name: whole.index(f"const ${path.stem} = ") for path in SCRIPTS}
    assert all(places[other] < places[path.name] for path in SCRIPTS for other in imports_of(path))
    assert not re.findall(r"^(?:import|export)\b.*", whole, re.MULTILINE)
    assert all(whole.count(f"const ${path.stem} = ") == 1 for path in SCRIPTS)


def imports_of(path):
    return IMPORT.findall(path.read_text(encoding="utf-8"))


def test_all_are_imported_and_no_two_import_each_other():
    needed = {path.name: set(imports_of(path)) for path in SCRIPTS}
    assert set().union(*needed.values()) == needed.keys() - {page_scripts.ENTRY}
    while free := {name for name, others in needed.items() if not others & needed.keys()}:
        needed = {name: others for name, others in needed.items() if name not in free}
    assert needed == {}


def test_what_components_call_is_what_the_entry_offers():
    entry = (ASSETS / "page" / page_scripts.ENTRY).read_text(encoding="utf-8")
    offered = set(re.findall(r"\w+", entry.partition("Object.freeze({")[2].partition("})")[0]))
    called = {name for path in PYTHON for name in re.findall(r"deepseekSpace\.(\w+)", path.read_text(encoding="utf-8"))}
    assert called == offered


def foreign(path):
    source = without_comments(path.read_text(encoding="utf-8")).replace(f'"./{ROOM}"', "")
    strings = re.findall(r'"[^"\n]*"|\'[^\'\n]*\'|`[^`]*`', source)
    named = [text for text in strings for kind in ("class", "mark", "field") if re.search(FOREIGN[kind], text)]
    return named + re.findall(FOREIGN["built-in"], source)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_one_room_alone_knows_gradio(path):
    if path.name == ROOM:
        assert len(foreign(path)) > 20
    else:
        assert foreign(path) == []
