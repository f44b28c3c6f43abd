"""Take the app's sentences from its source into the catalogues of translations; see docs/translations.md.

``python scripts/sentences.py`` has each catalogue hold the sentences that there are: new ones come without translation,
those that nobody says any more go. ``python scripts/sentences.py fr Français`` begins one for another language.

A sentence is what ``say``, ``Sentence``, an error and their like are called with, also where a name of the same file
stands for it; what certain arguments hold; and in the page's files the label of a component, and what is read in HTML.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from html import unescape
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "deepseek_space"
LOCALE = SOURCE / "ui" / "words" / "locale"
DOMAIN = "deepseek_space"
# What programs and the terminal read stays English.
_STARTING = ("addresses", "cli", "environment", "flags", "keys", "proxies", "settings")
NOT_ON_THE_PAGE = ("api", "commands", "web", "sentences", *_STARTING)
# They are called with a sentence before all else; ``__init__`` is that of an error above.
SAYERS = ("say", "Sentence", "__init__", "check_length", "check_number", "build_named_choices", "build_panel")
# These arguments hold one, whatever is called.
TOLD = ("stage", "unit", "strengths", "warnings", "note", "group", "breaks_off")
COMPONENTS = ("Button", "DownloadButton", "UploadButton", "HTML", "Markdown", "Tab", "Accordion")
LABELS = ("label", "info", "placeholder", "example_labels")
_READ = r"""([^<>"{}]*[A-Za-z]{2}[^<>"{}]*)"""
_HTML_TEXTS = (
    re.compile(rf"(?:<[^<>]*>|^[^<>]*>){_READ}(?=<)"),
    re.compile(rf"""\b(?:aria-label|title|placeholder|data-say-[\w-]+)="{_READ}(?=")"""),
)
_PLACE = re.compile(r"\{\w*(?:![a-z])?(?::[^{}]*)?\}")
_WORDS = re.compile(r"[a-z]|[A-Z]{2}")
NO_HTML = ("render.py", "page_language.py", "theme.py")  # patterns, scripts, styles
NAMES = frozenset({"EN", "Alt", "Esc", "Enter", "Shift", "Mod"})


def sentences() -> dict[str, str]:
    """Return all sentences that may come onto the page, each with the file that it is first found in."""
    found: dict[str, str] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE)
        if name.parts[0].removesuffix(".py") not in NOT_ON_THE_PAGE:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for sentence in sentences_in(tree, is_page=name.parts[0] == "ui" and name.name not in NO_HTML):
                found.setdefault(sentence, name.as_posix())
    return found


def sentences_in(tree: ast.Module, *, is_page: bool) -> list[str]:
    """Return the sentences of a file in their order, each once; ``is_page``: with those of components and HTML."""
    return list(_Finder(tree, is_page=is_page).found)


def error_names() -> frozenset[str]:
    """Return the names of the errors that are made of a sentence."""
    tree = ast.parse((SOURCE / "errors.py").read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.ClassDef)) - {"FieldRefused"}


class _Finder(ast.NodeVisitor):
    def __init__(self, tree: ast.Module, *, is_page: bool) -> None:
        self.found: dict[str, None] = {}
        self._is_page = is_page
        self._constants = dict(_constants(tree))
        self._sayers = {*SAYERS, *error_names(), *(COMPONENTS if is_page else ())}
        self._told = {*TOLD, *(LABELS if is_page else ())}
        self.visit(tree)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if node.args and name in self._sayers:
            self._take(node.args[0])
        if name == "map" and ast.unparse(node.args[0]) in SAYERS:
            self._take(node.args[1])
        for keyword in node.keywords:
            if keyword.arg in self._told:
                self._take(keyword.value)
            elif self._is_page and keyword.arg == "choices" and isinstance(keyword.value, ast.List):
                self._take_all(choice.elts[0] for choice in keyword.value.elts if isinstance(choice, ast.Tuple))
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if self._is_page and isinstance(node.value, str) and ("<" in node.value or '="' in node.value):
            for text in (text for pattern in _HTML_TEXTS for text in pattern.findall(node.value)):
                self._add(unescape(text).strip())

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # a docstring is no sentence
            self.generic_visit(node)

    def _take(self, node: ast.expr | None) -> None:
        match node:
            case ast.Constant(value=str(text)) if "<" not in text:
                self._add(text)
            case ast.IfExp(body=first, orelse=second):
                self._take_all([first, second])
            case ast.BoolOp(values=parts) | ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Dict(values=parts):
                self._take_all(parts)
            case ast.Name(id=name) | ast.Subscript(value=ast.Name(id=name)):
                self._take(self._constants.pop(name, None))
            case ast.Call(func=ast.Name(id="list"), args=[ast.Name(id=name)]) if name in self._constants:
                self._take_all(self._constants.pop(name).keys)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="get"), args=[_, *fallback]):
                self._take_all([*filter(None, [self._constants.pop(name, None)]), *fallback])

    def _take_all(self, nodes: Iterable[ast.expr]) -> None:
        for node in nodes:
            self._take(node)

    def _add(self, sentence: str) -> None:
        if _WORDS.search(_PLACE.sub("", sentence)) and sentence not in NAMES:
            self.found.setdefault(sentence)


def _constants(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name):
                yield target.id, node.value


def renewed(path: Path, found: dict[str, str]) -> Catalog:
    """Return the catalogue in ``path`` with the sentences that were ``found`` and no other."""
    with path.open("rb") as file:
        before = read_po(file)
    after = Catalog(domain=DOMAIN)
    for sentence, where in found.items():
        known = before.get(sentence)
        flags = ("python-brace-format",) if _PLACE.search(sentence) else ()
        after.add(sentence, known.string if known else "", locations=[(where, None)], flags=flags)
    return after


def renew(path: Path, found: dict[str, str]) -> int:
    """Write the catalogue in ``path`` anew, its header as it is; return how many translations it lacks."""
    head, _, _ = path.read_text(encoding="utf-8").partition("\n\n")
    after, body = renewed(path, found), BytesIO()
    write_po(body, after, width=110, sort_by_file=True, omit_header=True)
    path.write_text(f"{head.rstrip()}\n\n{body.getvalue().decode().lstrip()}", encoding="utf-8")
    return sum(not message.string for message in after if message.id)


def begin(code: str, own_name: str) -> None:
    """Begin the catalogue of a language."""
    path = LOCALE / code.replace("-", "_") / "LC_MESSAGES" / f"{DOMAIN}.po"
    path.parent.mkdir(parents=True)
    fields = {
        "Content-Type": "text/plain; charset=utf-8",
        "Language": code.replace("-", "_"),
        "X-Language-Name": own_name,
        "X-Language-Short": code.partition("-")[0].upper(),
    }
    lines = "".join(f'"{name}: {value}\\n"\n' for name, value in fields.items())
    path.write_text(f'msgid ""\nmsgstr ""\n{lines}', encoding="utf-8")


def main(names: list[str]) -> None:
    """Write all catalogues anew, after beginning one for a language and its own name where they are given."""
    if names:
        begin(*names)
    found = sentences()
    for path in sorted(LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        print(f"{path.parts[-3]}: {renew(path, found)} of {len(found)} without translation")


if __name__ == "__main__":
    main(sys.argv[1:])
