"""Every sentence of the app is in each catalogue, translated with the same places in it, and no other is."""

import ast
import re
import runpy
from pathlib import Path
from string import Formatter

import gradio as gr
import pytest
from starlette.requests import Request

from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.models.catalog import CATALOG
from deepseek_space.models.precision import warnings_for
from deepseek_space.sentences import Sentence
from deepseek_space.settings import read_settings
from deepseek_space.ui.app import build_app
from deepseek_space.ui.html.page_menu import page_menu
from deepseek_space.ui.tabs.code_tab import EXAMPLES
from deepseek_space.ui.words import catalogue
from deepseek_space.ui.words.catalogue import languages, translations
from deepseek_space.ui.words.language import language_of, say_in
from deepseek_space.ui.words.page_language import map_texts

ROOT = Path(__file__).parents[3]
SCRIPT = runpy.run_path(str(ROOT / "scripts" / "sentences.py"))
SOURCE = SCRIPT["SOURCE"]
FOUND = SCRIPT["sentences"]()
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(SOURCE.rglob("*.py"))}
ON_THE_PAGE = {
    path: tree
    for path, tree in TREES.items()
    if path.relative_to(SOURCE).parts[0].removesuffix(".py") not in SCRIPT["NOT_ON_THE_PAGE"]
}
LANGUAGES = [code for code in languages() if code != "en"]
DATA = {"DeepSeek Space", "English", "fake", "bf16", "cpu", "80 MB", "Ctrl", *SCRIPT["NAMES"]}
CJK = re.compile(r"[\u4e00-\u9fff]")
# Texts in a language of their own, what a program is told, names, patterns.
NO_WORDS = {"system_prompts", "endpoints", "theme", "install", "render", "page_language"}
PAGE = [path for path in TREES if SOURCE / "ui" in path.parents and path.stem not in NO_WORDS]
SCRIPTS = sorted((ROOT / "assets" / "page").glob("*.js"))
SENTENCE = re.compile(r"[A-Z][a-z]+(?: [a-z][\w'-]*)+|[A-Z][a-z]+ .*[.…]")


def places(sentence):
    return sorted((name, form) for _, name, form, _ in Formatter().parse(sentence) if name is not None)


def lacking(found, translated):
    """Return which of the sentences have no translation."""
    return [sentence for sentence in found if sentence not in translated]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_has_a_translation(language):
    assert len(FOUND) > 800
    assert lacking(FOUND, translations(language)) == [], "run: python scripts/sentences.py, and translate what is new"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_left_over(language):
    assert [text for text in translations(language) if text not in FOUND] == [], "run: python scripts/sentences.py"


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_have_the_same_places(language):
    known = {text: told for text, told in translations(language).items() if text in FOUND and places_of(text)}
    assert {text: told for text, told in known.items() if places_of(text) != places_of(told)} == {}


def places_of(sentence):
    try:
        return places(sentence)
    except ValueError:  # a brace that is no place, in a sentence without any
        return []


REWORDED = """
TOO_LATE = "It is too late by {count} days."
TABLE = {"a": "One of them.", "b": "Another of them."}

def f(day):
    "Nothing of this is said."
    log.info("Nor is this.")
    raise BusyError("The day is {day}. Come again.", day=day)
    say(TOO_LATE, count=3)
    say("Yes, please." if day else "No, thank you.")
    say(TABLE[day])
    Loading(stage="Looking at the day")
    raise RequestError(f"It is {day}.")
"""


def test_what_is_said_is_found_wherever_it_stands():
    found = SCRIPT["sentences_in"](ast.parse(REWORDED), is_page=False)
    assert set(found) == {
        "The day is {day}. Come again.",
        "It is too late by {count} days.",
        "Yes, please.",
        "No, thank you.",
        "One of them.",
        "Another of them.",
        "Looking at the day",
    }
    reworded = REWORDED.replace("Come again", "Come back")
    known = dict.fromkeys(found, "译文")
    assert lacking(SCRIPT["sentences_in"](ast.parse(reworded), is_page=False), known) == [
        "The day is {day}. Come back."
    ]


def test_labels_and_what_is_read_in_html_are_found_on_the_page():
    source = """
gr.Button("Send it", elem_id="send")
gr.Textbox("value", label="Your name", info="As you like it.", placeholder="Ada")
gr.Dropdown(choices=[("Nobody at all", "none")])
f'<p title="For you">Read <b>this part</b></p><i data-say-end="The end">{x}</i>'
"""
    found = SCRIPT["sentences_in"](ast.parse(source), is_page=True)
    assert set(found) == {
        "Send it", "Your name", "As you like it.", "Ada", "Nobody at all", "For you", "Read", "this part", "The end"
    }  # fmt: skip
    assert SCRIPT["sentences_in"](ast.parse(source), is_page=False) == []


def filled_in(tree):
    """Return where something is called with a sentence whose values are in it already, so that it is nobody's."""
    sayers = {"say", "Sentence", *SCRIPT["error_names"]()}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        told = [keyword.value for keyword in node.keywords if keyword.arg in SCRIPT["TOLD"]]
        if any(isinstance(value, ast.JoinedStr) for value in (*(node.args[:1] if name in sayers else ()), *told)):
            yield node.lineno


@pytest.mark.parametrize("path", ON_THE_PAGE, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_sentence_has_its_values_in_it_before_it_is_said(path):
    assert list(filled_in(TREES[path])) == []


def test_a_sentence_that_has_its_values_in_it_is_seen():
    assert list(filled_in(ast.parse(REWORDED))) == [13]


def apart(tree):
    """Return the ids of the nodes that no reader sees as they are: docstrings, logs, pieces of templates."""
    docstrings = [
        node for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    ]
    logs = [
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("_log.")
    ]
    pieces = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    return {id(inner) for node in (*docstrings, *logs, *pieces) for inner in ast.walk(node)}


def seeming(tree):
    """Return what a module may show: its strings that read as sentences, and the texts in its HTML."""
    hidden = apart(tree)
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            continue
        if id(node) not in hidden and SENTENCE.fullmatch(node.value.strip()):
            yield node.value.strip()
        yield from (text.strip() for text in re.findall(r"<\w[^<>]*>([^<>]*[a-z]{3}[^<>]*)<", node.value))


def is_known(text):
    return text in FOUND or text in DATA or any(text in task for task in EXAMPLES.values())


@pytest.mark.parametrize("path", PAGE, ids=lambda path: path.stem)
def test_what_reads_as_a_sentence_of_the_page_is_found(path):
    assert [text for text in seeming(TREES[path]) if not is_known(text)] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_scripts_have_their_words_from_the_page(path):
    source = re.sub(r"^\s*//.*|\s//\s.*", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    strings = re.findall(r'"([^"\n]*)"|`([^`]*)`', source)
    written = [text for pair in strings for text in pair if re.search(r"[A-Z][a-z]+ [a-z]+ |[a-z]{3}[.…]$", text)]
    given = re.findall(r"\b(?:textContent|ariaLabel|title|placeholder|label)\b[:=] ?[\"`]([^\"`$]*[a-z]{3})", source)
    assert written + given == []


@pytest.mark.parametrize("spec", CATALOG, ids=lambda spec: spec.name)
def test_what_is_told_of_a_model_has_a_translation(spec):
    told = [spec.strengths, *spec.warnings] if spec.is_chat or spec.fim else spec.warnings
    told = [*told, *filter(None, [spec.architecture.obstacle]), *warnings_for("fp16", "cpu", spec)]
    assert [text for text in told if getattr(text, "template", text) not in FOUND] == []


def shown():
    """Return the texts of the page as it is first sent."""
    texts = []
    page = build_app(ScriptedBackend(), settings=read_settings([], {}))
    map_texts(page.get_config_file(), lambda text: (texts.append(text.strip()), text)[1])
    return [text for text in texts if re.search(r"[A-Za-z]{3}|[A-Z]{2}", text) and not CJK.search(text)]


def is_data(text):
    """Whether a text of the first page is a figure or a name, a rule of style, or a sentence with values in it."""
    patterns = [
        re.sub(r"\\{[^}]*\\}", ".+", re.escape(key))
        for key in FOUND
        if "{" in key and len(re.sub(r"{[^}]*}|\W", "", key)) > 2
    ]
    return text in DATA or "{ display" in text or any(re.fullmatch(pattern, text) for pattern in patterns)


def test_what_is_on_the_first_page_is_found():
    assert [text for text in dict.fromkeys(shown()) if text not in FOUND and not is_data(text)] == []


@pytest.fixture
def french(tmp_path, monkeypatch):
    """A catalogue as the script begins it, with one translation, and nothing else changed."""
    file = tmp_path / "fr" / "LC_MESSAGES" / catalogue.FILE
    monkeypatch.setattr(catalogue, "LOCALE", tmp_path)
    monkeypatch.setitem(SCRIPT["begin"].__globals__, "LOCALE", tmp_path)
    SCRIPT["begin"]("fr", "Français")
    assert SCRIPT["renew"](file, {"{name} is empty.": "a.py", "Send": "b.py"}) == 2
    text = file.read_text(encoding="utf-8").replace('is empty."\nmsgstr ""', 'is empty."\nmsgstr "{name} est vide."')
    file.write_text(text, encoding="utf-8")
    for cached in (languages, translations):
        cached.cache_clear()
    yield file
    for cached in (languages, translations):
        cached.cache_clear()


def test_a_language_is_added_by_its_catalogue_alone(french):
    assert languages() == {"en": ("English", "EN"), "fr": ("Français", "FR")}
    asked = Request({"type": "http", "headers": [(b"accept-language", b"de,fr-CA;q=0.8")]})
    assert language_of(gr.Request(asked)) == "fr"
    assert say_in(Sentence("{name} is empty.", name="a.txt"), "fr") == "a.txt est vide."
    assert say_in(Sentence("Send"), "fr") == "Send"
    assert 'data-language="fr" lang="fr">Français<' in page_menu()


def test_a_catalogue_is_renewed_without_losing_its_head_or_what_is_translated(french):
    head = french.read_text(encoding="utf-8").partition("\n\n")[0]
    assert SCRIPT["renew"](french, {"{name} is empty.": "a.py", "Sent": "b.py"}) == 1
    text = french.read_text(encoding="utf-8")
    assert text.startswith(head)
    assert "est vide" in text
    assert "Send" not in text
