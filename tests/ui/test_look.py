"""Of all stylesheets one knows Gradio, and one the values: colours, sizes, spaces."""

import re
from importlib import resources

import pytest

from deepseek_space.ui.assets import ASSETS
from deepseek_space.ui.look import FOUNDATION, SHEETS, WEIGHT, look
from gradio_sheet import expanded, split
from gradio_sheet import selectors as single_selectors

GRADIO = "gradio"
OURS = re.compile(r"(ds|is)-")
OWN = [name for name in SHEETS if name != GRADIO]
# Classes that Gradio's front end writes without any style of its own, and its elements.
UNSTYLED = {"cm-scroller", "code_wrap", "decorator", "gradio-container", "tabitem"}
ELEMENTS = {"gradio-app", "footer"}


def style(name):
    """Return a sheet without its comments and texts."""
    return re.sub(r'/\*.*?\*/|"[^"]*"', "", (ASSETS / f"{name}.css").read_text(encoding="utf-8"), flags=re.DOTALL)


def selectors(source):
    return [found.strip() for found in re.findall(r"([^{};]+)\{", source) if not found.strip().startswith("@")]


def classes(source):
    return set(re.findall(r"\.(-?[A-Za-z_][\w-]*)", " ".join(selectors(source))))


@pytest.fixture(scope="module")
def gradio_classes():
    """The classes that the installed Gradio has styles for."""
    folder = resources.files("gradio") / "templates" / "frontend" / "assets"
    sheets = [file.read_text(encoding="utf-8") for file in folder.iterdir() if file.name.endswith(".css")]
    found = set().union(*(classes(re.sub(r'url\([^)]*\)|"[^"]*"', "", sheet)) for sheet in sheets))
    return found | UNSTYLED


def test_every_sheet_is_in_the_page_once():
    assert sorted(path.stem for path in ASSETS.glob("*.css")) == sorted([FOUNDATION, *SHEETS])
    for path in ASSETS.glob("*.css"):
        assert look().count(path.read_text(encoding="utf-8")) == 1
    assert look().index(WEIGHT) > look().index("@keyframes")  # which count for nothing within a rule


@pytest.mark.parametrize("name", [FOUNDATION, *OWN])
def test_a_sheet_names_classes_and_elements_of_ours_alone(name, gradio_classes):
    named = classes(style(name))
    assert named & gradio_classes == set()
    assert {each for each in named if not OURS.match(each)} == set()
    assert not {mark for mark in ("svelte", "data-testid") if mark in style(name)}
    assert not {element for element in ELEMENTS if re.search(rf"(?<![\w#.-]){element}\b", style(name))}


def test_names_of_ours_are_none_of_gradio(gradio_classes):
    assert {name for name in gradio_classes if OURS.match(name)} == set()


def test_what_is_named_of_gradio_is_there(gradio_classes):
    assert {name for name in classes(style(GRADIO)) if not OURS.match(name)} - gradio_classes == set()


@pytest.mark.parametrize("name", [FOUNDATION, *OWN])
def test_nothing_is_important_but_against_gradio(name):
    assert "!important" not in style(name)


def test_little_is_important():
    assert style(GRADIO).count("!important") < 20


@pytest.mark.parametrize("name", OWN)
def test_a_sheet_takes_its_values_by_names_of_ours(name):
    used = set(re.findall(r"var\((--[\w-]+)", style(name)))
    assert {each for each in used if not each.startswith("--ds-")} == set()
    assert re.findall(r"#[0-9a-f]{3,8}\b(?=[^{]*;)", style(name)) == []
    assert re.findall(r"border-radius: *[\d.]*\d(?:rem|px)", style(name)) == []
    assert re.findall(r"(?:padding|margin|gap)[\w-]*: *-?[\d.]*\d*rem", style(name)) == []


@pytest.mark.parametrize("name", SHEETS)
def test_letters_have_the_sizes_of_one_scale(name):
    sizes = re.findall(r"font-size: *([^;!]+?) *[;!]", style(name)) + re.findall(r"\bfont: *([^;]+?) *;", style(name))
    assert [size for size in sizes if not re.match(r"var\(--ds-text-[a-z]+\)|inherit$|0$", size)] == []


def test_every_name_is_defined_and_used():
    source = "".join(style(name) for name in (FOUNDATION, *SHEETS))
    scripts = "".join(path.read_text(encoding="utf-8") for path in (ASSETS / "page").glob("*.js"))
    defined = set(re.findall(r"(--ds-[\w-]+):", source)) | set(re.findall(r'"(--ds-[\w-]+)"', scripts))
    used = set(re.findall(r"var\((--ds-[\w-]+)", source)) | {"--ds-round-m"}  # by ui/theme.py
    assert used == defined


def test_a_list_of_selectors_is_taken_apart():
    assert split("a, b:has(c, :is(d, e)), f") == ["a", "b:has(c, :is(d, e))", "f"]
    assert expanded("a :is(b, c) + d") == ["a b + d", "a c + d"]
    assert {".toast-wrap", ".sidebar"} <= single_selectors()
