"""Jupyter notebooks → their cells as Markdown, with the text of the outputs."""

import json
import re
from collections.abc import Iterator
from typing import Any

from deepseek_space.errors import UnreadableFile
from deepseek_space.text.documents.document import Limits, Reading, one_document

_MAX_OUTPUT = 4000  # characters; a cell may have printed a whole training run
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def is_notebook(name: str, data: bytes) -> bool:
    """Tell a notebook by its name."""
    return name.lower().endswith(".ipynb")


def read_notebook(name: str, data: bytes, limits: Limits) -> Reading:
    """Return all cells in their order; pictures among the outputs are left out."""
    notebook = json.loads(data)
    text = "\n\n".join(filter(None, _cells(notebook, _language(notebook.get("metadata") or {}))))
    if not text:
        raise UnreadableFile("{name} is empty.", name=name)
    return one_document(name, text)


def _language(metadata: dict[str, Any]) -> str:
    # What was never run, or was written by another program, may name its language in one place alone, or nowhere.
    kernel, language = (metadata.get(name) or {} for name in ("kernelspec", "language_info"))
    return str(kernel.get("language") or language.get("name") or "")


def _cells(notebook: dict[str, Any], language: str) -> Iterator[str]:
    # Before 2015 (format 3) cells stood in worksheets, and code under "input".
    sheets = notebook.get("worksheets") or [notebook]
    for cell in [cell for sheet in sheets for cell in sheet.get("cells") or ()]:
        source = _joined(cell.get("source") or cell.get("input"))
        if cell.get("cell_type") != "code":
            yield source
        elif source.strip():
            yield _fenced(source, language)
            yield from (_fenced(output, "text") for output in map(_output_text, cell.get("outputs") or ()) if output)


def _joined(text: str | list[str] | None) -> str:
    return text if isinstance(text, str) else "".join(text or ())


def _output_text(output: dict[str, Any]) -> str:
    data, traceback = output.get("data") or {}, output.get("traceback") or ()
    plain = output.get("text") or data.get("text/plain") or "\n".join(traceback)
    text = _COLOUR.sub("", _joined(plain)).rstrip()
    return text if len(text) <= _MAX_OUTPUT else f"{text[:_MAX_OUTPUT]}\n…"


def _fenced(text: str, language: str) -> str:
    longest = max((len(ticks) for ticks in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
