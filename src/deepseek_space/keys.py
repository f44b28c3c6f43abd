"""The keys that let programs in: read from a setting or a file, kept as digests, told apart by name.

Knows no route. A key that is asked for is any of them; where there are none, everybody is let in.
"""

import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from deepseek_space.errors import UsageError

MAX_KEYS = 1000
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_NAME = re.compile(r"[\w.@-]{1,64}")


@dataclass(frozen=True, kw_only=True)
class Key:
    """A key's name, for figures, and its SHA-256."""

    name: str
    digest: bytes

    @classmethod
    def of(cls, text: str, *, name: str = "") -> "Key":
        """Return the key written ``text``; without a ``name`` it is called by the first signs of its digest."""
        given = _DIGEST.fullmatch(text)
        digest = bytes.fromhex(given[1]) if given else sha256(text.encode()).digest()
        return cls(name=name or digest.hex()[:8], digest=digest)


@dataclass(frozen=True)
class Keys:
    """All keys; ``Keys()`` is none, with which nobody is asked for one."""

    found: tuple[Key, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.found)

    def holder(self, given: bytes) -> str | None:
        """Return the name of the key that is ``given``, None where there is no such key.

        Headers hold Latin-1. Programs write other signs in UTF-8; JavaScript's fetch has Latin-1 alone.
        """
        holder = None
        for digest in {sha256(text).digest() for text in _spellings(given)}:
            for key in self.found:  # all of them, however early one fits
                holder = key.name if secrets.compare_digest(digest, key.digest) else holder
        return holder


def _spellings(given: bytes) -> Iterator[bytes]:
    yield given
    yield given.decode("latin-1").encode()


def read_keys(*, password: str = "", written: str = "", file: str = "") -> Keys:
    """Return the keys of ``NAME:PASSWORD``, of a list with commas, and of a ``file`` with one a line.

    A line is a key, or a name and a key; in the place of a key its digest may stand, as sha256:… in hexadecimal.
    Raises UsageError for a file that cannot be read and a key that no header can hold.
    """
    keys = [Key.of(password, name=password.partition(":")[0])] if password else []
    keys += [_key(text, "") for part in written.split(",") if (text := part.strip())]
    keys += _of_file(file) if file else []
    if len(keys) > MAX_KEYS:
        raise UsageError(f"There are {len(keys):,} keys; {MAX_KEYS:,} are the most.")
    return Keys(tuple(keys))


def _of_file(file: str) -> Iterable[Key]:
    try:
        text = Path(file).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, RuntimeError) as error:
        raise UsageError(
            f"The keys in {file} cannot be read ({error}). Name a text file with --api-key-file."
        ) from None
    keys = [_line(line.split()) for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not keys:
        raise UsageError(f"There is no key in {file}, and without one everybody would be let in. Write one a line.")
    return keys


def _line(words: list[str]) -> Key:
    if len(words) > 2:
        raise UsageError(f"A line of the keys has {len(words)} words. Write a key, or a name and a key.")
    return _key(words[-1], words[0] if len(words) == 2 else "")


def _key(text: str, name: str) -> Key:
    if not text.isascii() or not text.isprintable() or " " in text:
        raise UsageError("A key holds blanks or characters that no program sends. Write letters, digits and signs.")
    if name and not _NAME.fullmatch(name):
        raise UsageError(f"The name of a key is {name!r:.80}; write up to 64 letters, digits, dots, @ and dashes.")
    return Key.of(text, name=name)
