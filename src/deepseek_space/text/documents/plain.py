"""Text files → text in whatever encoding: told by its mark, else UTF-8, else guessed and said."""

import codecs
import re

from charset_normalizer import CharsetMatch, from_bytes

from deepseek_space.errors import UnreadableFile
from deepseek_space.sentences import Sentence
from deepseek_space.text.documents.document import ACCEPTED, Limits, Reading, one_document

# UTF-32 first: its mark begins with that of UTF-16.
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_GUESSES = ["gb18030", "big5", "shift_jis", "euc_kr", "cp1252", "cp1251"]
_SHOWN = {"gb18030": "GB18030", "big5": "Big5", "shift_jis": "Shift JIS", "euc_kr": "EUC-KR"}
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_MAX_CONTROL_SHARE = 0.002
# The pairs of bytes that GB 2312 has. In EUC-KR the later half of them begins rare characters only; in Big5 half of
# all characters have a second byte that is not among these.
_ONLY_PAIRS = re.compile(b"(?:[\x00-\x7f]|[\xa1-\xf7][\xa1-\xfe])*")
_PAIR = re.compile(b"[\xa1-\xf7][\xa1-\xfe]")
_LATER_PAIR = re.compile(b"[\xc9-\xf7][\xa1-\xfe]")


def read_plain(name: str, data: bytes, limits: Limits) -> Reading:
    """Return a text file's text, with a note where its encoding had to be guessed; refuses what is no text."""
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return one_document(name, _text(name, data[len(mark) :], encoding))
    if b"\x00" in data:
        raise _no_text(name)
    try:
        return one_document(name, _text(name, data, "utf-8"))
    except UnicodeDecodeError:
        encoding = _guess(name, data)
    note = Sentence(
        "{name} is not in UTF-8; it was read as {encoding}. If it looks wrong, save it as UTF-8.",
        name=name,
        encoding=_SHOWN.get(encoding, encoding.replace("cp", "Windows-")),
    )
    return one_document(name, _text(name, data, encoding), note)


def _text(name: str, data: bytes, encoding: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        if encoding == "utf-8":
            raise
        raise _no_text(name) from None
    if len(_CONTROL.findall(text)) > _MAX_CONTROL_SHARE * len(text):
        raise _no_text(name)
    return text


def _guess(name: str, data: bytes) -> str:
    match = from_bytes(data, cp_isolation=_GUESSES).best()
    if match is None:
        raise _no_text(name)
    return _corrected(match, data)


def _corrected(match: CharsetMatch, data: bytes) -> str:
    """Return the encoding; where a short text leaves it open, the one that is likelier for these readers."""
    if match.encoding in ("euc_kr", "big5") and _ONLY_PAIRS.fullmatch(data):
        is_chinese = len(_LATER_PAIR.findall(data)) > 0.1 * len(_PAIR.findall(data))
        return "gb18030" if is_chinese else match.encoding
    is_mostly_ascii = sum(byte < 0x80 for byte in data) > 0.6 * len(data)
    return "cp1252" if match.encoding == "cp1251" and is_mostly_ascii else match.encoding


def _no_text(name: str) -> UnreadableFile:
    return UnreadableFile(
        "{name} is not text, or of a kind that cannot be read here. Accepted are {accepted}.",
        name=name,
        accepted=ACCEPTED,
    )
