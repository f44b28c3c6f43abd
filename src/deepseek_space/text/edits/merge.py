"""Three-way merge by lines: what two have made of one text, put together where they do not touch the same lines."""

from dataclasses import dataclass

from deepseek_space.text.edits.hunks import lines_of, matching


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """Lines of the base that both have changed, each in another way; ``line`` is where, from 1, in the merged text."""

    line: int
    base: str
    mine: str
    theirs: str


@dataclass(frozen=True, kw_only=True)
class Merged:
    """The text with the changes of both; where they are in conflict it has mine."""

    text: str
    conflicts: tuple[Conflict, ...] = ()


def merge(base: str, mine: str, theirs: str) -> Merged:
    """Return what ``mine`` and ``theirs`` have made of ``base``, as diff3 does (Khanna, Kunal, Pierce 2007)."""
    if theirs in (base, mine):
        return Merged(text=mine)
    if mine == base:
        return Merged(text=theirs)
    texts = [lines_of(text) for text in (base, mine, theirs)]
    merged: list[str] = []
    conflicts: list[Conflict] = []
    at = [0, 0, 0]
    for stable in [*_stable(*texts), (len(texts[0]), len(texts[1]), len(texts[2]), 0)]:
        old, ours, other = ("".join(texts[k][at[k] : stable[k]]) for k in range(3))
        if ours != other and old not in (ours, other):
            conflicts.append(Conflict(line=len(merged) + 1, base=old, mine=ours, theirs=other))
        merged += lines_of(other if ours == old else ours)
        merged += texts[0][stable[0] : stable[0] + stable[3]]
        at = [stable[k] + stable[3] for k in range(3)]
    return Merged(text=_joined(merged), conflicts=tuple(conflicts))


def _stable(base: list[str], mine: list[str], theirs: list[str]) -> list[tuple[int, int, int, int]]:
    """Return the runs of lines that all three have: their three places, and how many."""
    in_mine = {i + k: j + k for i, j, size in matching(base, mine) for k in range(size)}
    in_theirs = {i + k: j + k for i, j, size in matching(base, theirs) for k in range(size)}
    runs: list[tuple[int, int, int, int]] = []
    for at in range(len(base)):
        if at not in in_mine or at not in in_theirs:
            continue
        places = (at, in_mine[at], in_theirs[at])
        if runs and all(places[k] == runs[-1][k] + runs[-1][3] for k in range(3)):
            runs[-1] = (*runs[-1][:3], runs[-1][3] + 1)
        else:
            runs.append((*places, 1))
    return runs


def _joined(lines: list[str]) -> str:
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines[:-1]) + "".join(lines[-1:])
