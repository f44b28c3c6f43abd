"""What reading a file gives: plain text and notes for the reader; and the most that is taken."""

from dataclasses import dataclass

from deepseek_space.sentences import Sentence

ACCEPTED = Sentence("text, Markdown, code, CSV, PDF, Word (.docx), Jupyter notebooks, and folders as .zip")
DAMAGED = Sentence("{name} cannot be read: it is damaged, or not what its name says.")
_MAX_NAME = 200


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What is taken in at most: of one file, of all files of a message, and of an archive's inside.

    ``read_s`` and ``memory_bytes`` bound the process that reads.
    """

    file_bytes: int = 32 * 2**20
    files: int = 200
    characters: int = 4_000_000  # about a million tokens, the longest context of the family
    unpacked_bytes: int = 64 * 2**20
    tags: int = 2_000_000  # of a Word file's XML; a book of a thousand pages has half of them
    folders_deep: int = 16
    read_s: float = 60.0
    memory_bytes: int = 2 * 2**30


@dataclass(frozen=True, kw_only=True)
class Document:
    """A file as plain text; a file of an archive is named by its path in it."""

    name: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What came of one file: no document if it was refused, with the reason among the ``notes``."""

    documents: tuple[Document, ...] = ()
    notes: tuple[Sentence, ...] = ()


def one_document(name: str, text: str, *notes: Sentence) -> Reading:
    """Return the reading of a file that is one document."""
    return Reading(documents=(Document(name=name, text=text),), notes=notes)


def clean_name(name: str) -> str:
    """Return a name that stays on one line and can be shown; of a long one its end, which says most."""
    printable = "".join(character for character in name if character.isprintable()).strip()
    return printable[-_MAX_NAME:] or "file"
