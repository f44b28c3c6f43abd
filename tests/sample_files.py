"""Small real files of each kind, made by hand: what a person would attach."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence

from pypdf import PdfReader, PdfWriter

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_STYLES = {"Title": "Title", "1": "heading 1", "2": "heading 2"}  # ids as a Chinese Word gives them


def pdf(*pages: str, password: str | None = None, algorithm: str = "AES-256") -> bytes:
    """Return a PDF with one line of text on each page; a page of "" has none. ``password`` "" opens by itself."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for text in pages:
        content = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET" if text else ""
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
        resources = "<< /Font << /F1 3 0 R >> >>"
        box = "/MediaBox [0 0 612 792]"
        page = f"<< /Type /Page /Parent 2 0 R {box} /Contents {len(objects)} 0 R /Resources {resources} >>"
        objects.append(page)
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    plain = _pdf_file(objects)
    return plain if password is None else _encrypted(plain, password, algorithm)


def _pdf_file(objects: Sequence[str]) -> bytes:
    out, offsets = "%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n"
    rows = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    table = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{rows}"
    trailer = f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF\n"
    return (out + table + trailer).encode("latin-1")


def _encrypted(plain: bytes, password: str, algorithm: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(plain)))
    writer.encrypt(password, owner_password="owner", algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def word(body: str) -> bytes:
    """Return a .docx whose body is this XML, in which ``w:`` is declared."""
    document = f'<?xml version="1.0"?><w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'
    styles = "".join(f'<w:style w:styleId="{key}"><w:name w:val="{name}"/></w:style>' for key, name in _STYLES.items())
    return archive(
        {"word/document.xml": document, "word/styles.xml": f'<w:styles xmlns:w="{WORD}">{styles}</w:styles>'}
    )


def paragraph(text: str, style: str = "", *, is_listed: bool = False) -> str:
    """Return one paragraph for ``word``."""
    properties = f'<w:pStyle w:val="{style}"/>' * bool(style) + "<w:numPr/>" * is_listed
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def notebook(*cells: Mapping[str, object]) -> bytes:
    """Return a Jupyter notebook of format 4 in Python."""
    metadata = {"kernelspec": {"name": "python3", "language": "python"}}
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}).encode()


def archive(files: Mapping[str, str | bytes]) -> bytes:
    """Return a zip archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for path, content in files.items():
            packed.writestr(path, content)
    return out.getvalue()
