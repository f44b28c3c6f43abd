"""Word files (.docx) → text in the manner of Markdown: headings, lists, tables.

Equations become LaTeX. Read from the XML itself: python-docx leaves out what stands in content controls and tracked
insertions.
"""

import io
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree

from deepseek_space.errors import UnreadableFile
from deepseek_space.text.documents.document import DAMAGED, Limits, Reading, one_document
from deepseek_space.text.documents.equation import EQUATION, EQUATIONS, latex

_MAIN = "word/document.xml"
_STYLES = "word/styles.xml"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_SIGNS = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_DEEPEST_HEADING = 6
_MOST_COLUMNS = 63  # of a table in Word


def is_word(name: str, data: bytes) -> bool:
    """Tell a Word file by its name."""
    return name.lower().endswith((".docx", ".docm"))


def read_word(name: str, data: bytes, limits: Limits) -> Reading:
    """Return the text of the document's body."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        body = _xml(name, package, _MAIN, limits)
        has_styles = _STYLES in package.namelist()
        styles = _style_names(_xml(name, package, _STYLES, limits)) if has_styles else {}
    text = "\n\n".join(filter(None, _blocks(body, styles)))
    if not text:
        raise UnreadableFile("{name} has no text, only pictures or nothing.", name=name)
    return one_document(name, text)


def _xml(name: str, package: zipfile.ZipFile, part: str, limits: Limits) -> ElementTree.Element:
    if package.getinfo(part).file_size > limits.unpacked_bytes:
        raise UnreadableFile("{name} unpacks to more than {limit:,} MiB.", name=name, limit=limits.unpacked_bytes >> 20)
    content = package.read(part)
    if b"<!DOCTYPE" in content:  # Word never writes one, and its entities could grow without end
        raise UnreadableFile(DAMAGED, name=name)
    _check_tags(name, content.count(b"<"), limits)
    return ElementTree.fromstring(content)


def _check_tags(name: str, count: int, limits: Limits) -> None:
    # A hundred bytes of zip make a million of them, each of which takes memory and time.
    if count > limits.tags:
        raise UnreadableFile(
            "{name} has too many parts to be read ({count:,}; the most is {limit:,}). Attach a smaller part of it.",
            name=name,
            count=count,
            limit=limits.tags,
        )


def _style_names(styles: ElementTree.Element) -> dict[str, str]:
    """Return style ids, which follow the language of Word, with names, which do not."""
    return {
        style.get(f"{_W}styleId", ""): _value(style.find(f"{_W}name")).lower() for style in styles.iter(f"{_W}style")
    }


def _value(element: ElementTree.Element | None) -> str:
    return "" if element is None else element.get(f"{_W}val", "")


def _blocks(parent: ElementTree.Element, styles: dict[str, str]) -> Iterator[str]:
    for child in parent:
        if child.tag == f"{_W}p":
            yield _paragraph(child, styles)
        elif child.tag == f"{_W}tbl":
            yield _table(child)
        elif child.tag in (EQUATION, EQUATIONS):
            yield latex(child)
        elif child.tag != _FALLBACK:
            yield from _blocks(child, styles)


def _paragraph(paragraph: ElementTree.Element, styles: dict[str, str]) -> str:
    text = "".join(_pieces(paragraph)).strip()
    if not text:
        return ""
    style = styles.get(_value(paragraph.find(f"{_W}pPr/{_W}pStyle")), "")
    if style == "title":
        return f"# {text}"
    if style.startswith("heading ") and style[8:].isdigit():
        return f"{'#' * min(int(style[8:]), _DEEPEST_HEADING)} {text}"
    return f"- {text}" if paragraph.find(f"{_W}pPr/{_W}numPr") is not None else text


def _pieces(element: ElementTree.Element) -> Iterator[str]:
    """Yield the text in its order; what tracked changes have deleted has another tag and is passed over."""
    for child in element:
        if child.tag == f"{_W}t":
            yield child.text or ""
        elif child.tag in _SIGNS:
            yield _SIGNS[child.tag]
        elif child.tag in (EQUATION, EQUATIONS):
            yield latex(child)
        elif child.tag not in (_FALLBACK, f"{_W}pPr"):
            yield from _pieces(child)
            if child.tag == f"{_W}p":  # of a text box
                yield "\n"


def _table(table: ElementTree.Element) -> str:
    rows = [_row(row) for row in _within(table, f"{_W}tr")]
    width = max(map(len, rows), default=0)
    lines = [_line(cells + [""] * (width - len(cells))) for cells in rows if any(cells)]
    if lines:
        lines.insert(1, "|" + " --- |" * width)
    return "\n".join(lines)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _row(row: ElementTree.Element) -> list[str]:
    """Return the cells; one that spans several columns is followed by empty ones, and so stays under its heading."""
    cells = [""] * _number(row.find(f"{_W}trPr/{_W}gridBefore"), default=0)
    for cell in _within(row, f"{_W}tc"):
        span = _number(cell.find(f"{_W}tcPr/{_W}gridSpan"), default=1)
        cells += [_cell(cell), *[""] * (span - 1)]
    return cells


def _number(element: ElementTree.Element | None, *, default: int) -> int:
    text = _value(element)
    return min(int(text), _MOST_COLUMNS) if text.isdecimal() else default


def _within(parent: ElementTree.Element, tag: str) -> Iterator[ElementTree.Element]:
    """Yield the elements of ``tag``, whatever marks stand around them, but not those within another of their kind."""
    for child in parent:
        if child.tag == tag:
            yield child
        elif child.tag != _FALLBACK:
            yield from _within(child, tag)


def _cell(cell: ElementTree.Element) -> str:
    """Return its text in one line; a table in it gives the text of its cells."""
    paragraphs = ("".join(_pieces(paragraph)).strip() for paragraph in _within(cell, f"{_W}p"))
    return " ".join(filter(None, paragraphs)).replace("|", "\\|").replace("\n", " ")
