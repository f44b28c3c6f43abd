"""One file's bytes → what came of it: which reader it needs, and what is refused. Knows no model and no page."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from deepseek_space.errors import UnreadableFile
from deepseek_space.sentences import Sentence
from deepseek_space.text.documents.archive import is_archive, members_of
from deepseek_space.text.documents.document import ACCEPTED, DAMAGED, Document, Limits, Reading, clean_name
from deepseek_space.text.documents.notebook import is_notebook, read_notebook
from deepseek_space.text.documents.pdf import is_pdf, read_pdf
from deepseek_space.text.documents.plain import read_plain
from deepseek_space.text.documents.word import is_word, read_word
from deepseek_space.text.valid_text import valid

Reader = Callable[[str, bytes, Limits], Reading]

_READERS = ((is_pdf, read_pdf), (is_word, read_word), (is_notebook, read_notebook))
_OTHER_KINDS = {
    b"\xd0\xcf\x11\xe0": Sentence(
        "{name} is an Office file that is old or has a password. Save it as .docx, PDF or CSV."
    ),
    b"{\\rtf": Sentence("{name} is an RTF file. Save it as .docx or PDF."),
}
_NAMES_SHOWN = 5


def read_document(name: str, data: bytes, limits: Limits) -> Reading:
    """Return the documents in a file, or the reason why there are none."""
    name = clean_name(name)
    try:
        if len(data) > limits.file_bytes:
            raise UnreadableFile(
                "{name} is larger than {limit:,} MiB, the most that can be attached.",
                name=name,
                limit=limits.file_bytes >> 20,
            )
        return _guarded(_read_archive if is_archive(name, data) else _read_one, name, data, limits)
    except UnreadableFile as refusal:
        return Reading(notes=(refusal.sentence,))


def _guarded(read: Reader, name: str, data: bytes, limits: Limits) -> Reading:
    try:
        return read(name, data, limits)
    except UnreadableFile:
        raise
    except Exception as error:  # what a hostile file brings a library to raise, no list holds
        raise UnreadableFile(DAMAGED, name=name) from error


def _read_one(name: str, data: bytes, limits: Limits) -> Reading:
    if not data.strip():
        raise UnreadableFile("{name} is empty.", name=name)
    for beginning, sentence in _OTHER_KINDS.items():
        if data.startswith(beginning):
            raise UnreadableFile(sentence, name=name)
    read = next((read for fits, read in _READERS if fits(name, data)), read_plain)
    reading = read(name, data, limits)
    documents = tuple(replace(document, text=_clean(document.text)) for document in reading.documents)
    _check_length(name, documents, limits)
    return replace(reading, documents=documents)


def _clean(text: str) -> str:
    """Return ``text`` with plain line breaks, and without what no tokenizer can encode."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return valid(text)


def _check_length(name: str, documents: Sequence[Document], limits: Limits) -> None:
    length = sum(len(document.text) for document in documents)
    if length > limits.characters:
        raise UnreadableFile(
            "{name} has {length:,} characters; the most that can be attached is {limit:,}.",
            name=name,
            length=length,
            limit=limits.characters,
        )


def _read_archive(name: str, data: bytes, limits: Limits) -> Reading:
    documents: list[Document] = []
    notes: list[Sentence] = []
    left_out: list[str] = []
    for member, content in members_of(name, data, limits):
        path = clean_name(member)
        try:
            reading = _guarded(_read_one, path, content, limits)
        except UnreadableFile:
            left_out.append(path)
            continue
        documents += reading.documents
        notes += reading.notes
    if not documents:
        raise UnreadableFile(
            "{name} holds no file that can be read. Accepted are {accepted}.", name=name, accepted=ACCEPTED
        )
    _check_length(name, documents, limits)
    return Reading(documents=tuple(documents), notes=(*notes, *_left_out(name, left_out)))


def _left_out(name: str, paths: Sequence[str]) -> list[Sentence]:
    if not paths:
        return []
    shown = ", ".join(paths[:_NAMES_SHOWN]) + (" …" if len(paths) > _NAMES_SHOWN else "")
    left_out = Sentence(
        "Left out of {name}, as they could not be read as text ({count:,}): {files}",
        name=name,
        count=len(paths),
        files=shown,
    )
    return [left_out]
