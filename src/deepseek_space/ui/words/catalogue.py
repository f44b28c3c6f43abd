"""The app's sentences in other languages: a catalogue in gettext's form for each, under ``locale``. Knows no reader.

A catalogue is read as its translator left it, when the first reader of its language comes: so there is nothing to
compile, and who reads English waits for nothing. English is the source and has none.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LOCALE = Path(__file__).parent / "locale"
FILE = "deepseek_space.po"
_NAME = re.compile(r'^"X-Language-Name: (.+?)\\n"$', re.MULTILINE)
_SHORT = re.compile(r'^"X-Language-Short: (.+?)\\n"$', re.MULTILINE)


@cache
def languages() -> Mapping[str, tuple[str, str]]:
    """Return the name of each language in itself, and a short one, by its code as in HTML; English comes first."""
    found = {"en": ("English", "EN")}
    for path in sorted(LOCALE.glob(f"*/LC_MESSAGES/{FILE}")):
        head, _, _ = path.read_text(encoding="utf-8").partition("\n\n")
        code = path.parts[-3].replace("_", "-")
        name, short = _NAME.search(head), _SHORT.search(head)
        found[code] = (name[1] if name else code, short[1] if short else code)
    return found


@cache
def translations(language: str) -> Mapping[str, str]:
    """Return the sentences of a language by the English ones; empty for English, and for one that is not here."""
    path = LOCALE / language.replace("-", "_") / "LC_MESSAGES" / FILE
    if language not in languages() or not path.exists():
        return {}
    from babel.messages.pofile import read_po  # takes a tenth of a second, which readers of English need not wait

    with path.open("rb") as file:
        return {message.id: message.string for message in read_po(file) if message.id and message.string}
