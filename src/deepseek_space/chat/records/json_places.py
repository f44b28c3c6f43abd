"""Where in a JSON text something stands. The text must be JSON already; knows nothing of what it means."""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


def line_of(text: str, place: int) -> int:
    """Return the line, counted from 1, of the character at ``place``."""
    return text.count("\n", 0, place) + 1


def place_of(text: str, path: Sequence[str | int], start: int = 0) -> int:
    """Return where the value begins that ``path`` leads to from the value at ``start``.

    A path that leads nowhere ends where it last was: what is missing is missing there.
    """
    place = _skip(text, start)
    for step in path:
        if isinstance(step, str):
            found = dict(_members(text, place)).get(step) if text[place] == "{" else None
        else:
            found = next(islice(children(text, place), step, None), None) if text[place] == "[" else None
        if found is None:
            return place
        place = found
    return place


def children(text: str, start: int) -> Iterator[int]:
    """Yield where the items of the array at ``start`` begin."""
    place = _skip(text, _skip(text, start) + 1)
    while text[place] != "]":
        yield place
        place = _after(text, place)


def _members(text: str, start: int) -> Iterator[tuple[str, int]]:
    """Yield the names in the object at ``start`` and where their values begin."""
    place = _skip(text, start + 1)
    while text[place] != "}":
        name, end = _DECODER.raw_decode(text, place)
        value = _skip(text, _skip(text, end) + 1)
        yield name, value
        place = _after(text, value)


def _after(text: str, place: int) -> int:
    """Return where the next item begins, or the sign that ends the list of them."""
    _, end = _DECODER.raw_decode(text, place)
    end = _skip(text, end)
    return _skip(text, end + 1) if text[end] == "," else end


def _skip(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place
