"""PDF files → the text of their pages. Pictures of text are not read."""

import io

from pypdf import PdfReader

from deepseek_space.errors import UnreadableFile
from deepseek_space.sentences import Sentence
from deepseek_space.text.documents.document import Limits, Reading, one_document


def is_pdf(name: str, data: bytes) -> bool:
    """Tell a PDF by its name or its first bytes."""
    return name.lower().endswith(".pdf") or data.startswith(b"%PDF-")


def read_pdf(name: str, data: bytes, limits: Limits) -> Reading:
    """Return the text of all pages, a blank line between them, with a note where some have none."""
    pages = _pages(name, data)
    empty = [number for number, page in enumerate(pages, 1) if not page]
    if len(empty) == len(pages):
        raise UnreadableFile(
            "{name} has no text, only pictures, as scanned pages do. Run text recognition (OCR) over it first.",
            name=name,
        )
    return one_document(name, "\n\n".join(filter(None, pages)), *_missing(name, empty, len(pages)))


def _pages(name: str, data: bytes) -> list[str]:
    reader = PdfReader(io.BytesIO(data))
    # Many that forbid printing open with no password.
    if reader.is_encrypted and not reader.decrypt(""):
        raise UnreadableFile("{name} needs a password. Save it without one, then attach it.", name=name)
    return [page.extract_text().strip() for page in reader.pages]


def _missing(name: str, empty: list[int], total: int) -> list[Sentence]:
    if not empty:
        return []
    missing = Sentence(
        "{name}: {count:,} of {total:,} pages have no text, only pictures or nothing.",
        name=name,
        count=len(empty),
        total=total,
    )
    return [missing]
