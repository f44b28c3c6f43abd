"""Two versions of a text by hunks: which lines differ, and the text with some of the differences alone.

Lines keep their endings, so that the pieces put together are the texts to the byte.
"""

from collections.abc import Collection
from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True, kw_only=True)
class Hunk:
    """``old`` lines from ``old_start`` on give way to ``new`` ones, from ``new_start`` on; from 0, with endings."""

    old_start: int
    old: tuple[str, ...]
    new_start: int
    new: tuple[str, ...]


def lines_of(text: str) -> list[str]:
    """Return the lines with their endings, of which only the line feed counts."""
    pieces = text.split("\n")
    return [f"{piece}\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


def matching(old: list[str], new: list[str]) -> list[tuple[int, int, int]]:
    """Return the runs of lines that both have: (place in ``old``, place in ``new``, how many), in order.

    Equal lines at both ends are passed over first, which is most of a long file.
    """
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    middle = SequenceMatcher(None, old[head : len(old) - tail], new[head : len(new) - tail], autojunk=False)
    if (len(old) - head - tail) * (len(new) - head - tail) > 25_000_000:  # a file that is another: no need to be exact
        middle = SequenceMatcher(None, old[head : len(old) - tail], new[head : len(new) - tail])
    runs = [(head + i, head + j, size) for i, j, size in middle.get_matching_blocks() if size]
    return [(0, 0, head), *runs, (len(old) - tail, len(new) - tail, tail)]


def hunks(old: str, new: str) -> list[Hunk]:
    """Return what differs, from the top."""
    before, after = lines_of(old), lines_of(new)
    found, i, j = [], 0, 0
    for old_at, new_at, size in matching(before, after):
        if i < old_at or j < new_at:
            found.append(Hunk(old_start=i, old=tuple(before[i:old_at]), new_start=j, new=tuple(after[j:new_at])))
        i, j = old_at + size, new_at + size
    return found


def with_hunks(old: str, new: str, taken: Collection[int]) -> str:
    """Return ``old`` with those hunks of ``new`` alone whose numbers, from 0, are ``taken``."""
    before, pieces, at = lines_of(old), [], 0
    for number, hunk in enumerate(hunks(old, new)):
        pieces += before[at : hunk.old_start]
        pieces += hunk.new if number in taken else hunk.old
        at = hunk.old_start + len(hunk.old)
    return _joined([*pieces, *before[at:]])


def _joined(lines: list[str]) -> str:
    """Return the text; a line that ended its file without a line break has one where others follow."""
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines[:-1]) + "".join(lines[-1:])
