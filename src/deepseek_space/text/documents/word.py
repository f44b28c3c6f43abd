"""Word files (.docx) → text in the manner of Markdown: headings, lists, tables.

Read from the XML itself: python-docx leaves out what stands in content controls and tracked insertions.
"""

import io
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree

from deepseek_space.errors import UnreadableFile
from deepseek_space.text.documents.document import DAMAGED, Limits, Reading, one_document

_MAIN = "word/document.xml"
_STYLES = "word/styles.xml"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_SIGNS = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_DEEPEST_HEADING = 6


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
    return ElementTree.fromstring(content)


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
        elif child.tag not in (_FALLBACK, f"{_W}pPr"):
            yield from _pieces(child)


def _table(table: ElementTree.Element) -> str:
    rows = [[_cell(cell) for cell in row.iter(f"{_W}tc")] for row in table.iter(f"{_W}tr")]
    lines = [f"| {' | '.join(cells)} |" for cells in rows if any(cells)]
    if lines:
        lines.insert(1, "|" + " --- |" * len(rows[0]))
    return "\n".join(lines)


def _cell(cell: ElementTree.Element) -> str:
    paragraphs = ("".join(_pieces(paragraph)).strip() for paragraph in cell.iter(f"{_W}p"))
    return " ".join(filter(None, paragraphs)).replace("|", "\\|").replace("\n", " ")
