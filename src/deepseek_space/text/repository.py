"""The prompt for the gap at a cursor, with the other files of its repository before it, within a budget of tokens.

The format is DeepSeek Coder's, "repository level" in its README: files one after the other, those that are imported
first, each under a comment with its path, the one that is written last; also for languages in which ``#`` begins no
comment (DeepSeek-Coder issue 116). Files that import each other are ordered as in its paper (arXiv:2401.14196,
algorithm 1): the one with the fewest imports still open comes next. How that goes with a gap was never published: here
the other files stand in the prefix.

Knows no model and no workspace. Control tokens stay what they are, text; that is up to ``PromptEncoder.infill``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from deepseek_space.text.imports import imported

PREFIX_SHARE, SUFFIX_SHARE = 0.5, 0.2  # of the budget, at most; what they leave is for other files
_STEP_LINES = 16  # a long file is cut at such lines alone: as one types, the prompt begins as it did, and is cached
_CHARACTERS_PER_TOKEN = 8  # at most, where a text is cut before it is counted

Count = Callable[[str], int]


@dataclass(frozen=True, kw_only=True)
class Gap:
    """What stands around a cursor in the file at ``path``."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class RepositoryPrompt:
    """``prefix`` and ``suffix`` for ``fim_prompt``, which take ``tokens``; ``paths`` are the other files in them."""

    prefix: str
    suffix: str
    paths: tuple[str, ...]
    tokens: int


def file_text(path: str, text: str) -> str:
    """Return a file as it stands before the one that is completed."""
    return f"{_head(path)}{text.rstrip()}\n\n\n"


def repository_prompt(gap: Gap, files: Mapping[str, str], count: Count, *, budget: int) -> RepositoryPrompt:
    """Return the prompt for ``gap``, with as many of the other ``files``, whole, as fit in ``budget`` tokens.

    Those go first that it imports, then what these import, then those that import it, then the others.
    """
    head = _head(gap.path)
    before = _last_lines(gap.before, count, int(budget * PREFIX_SHARE))
    after = _first_lines(gap.after, count, int(budget * SUFFIX_SHARE))
    tokens = count(head + before) + count(after)
    others = {path: text for path, text in files.items() if path != gap.path and text.strip()}
    imports = {path: imported(path, text, files) for path, text in others.items()}
    imports[gap.path] = imported(gap.path, gap.before + gap.after, files)
    kept: dict[str, str] = {}
    for path in _by_nearness(gap.path, imports):
        if len(others[path]) > (budget - tokens) * _CHARACTERS_PER_TOKEN:
            continue
        text = file_text(path, others[path])
        if (more := count(text)) <= budget - tokens:
            kept[path] = text
            tokens += more
    paths = tuple(in_order({path: imports[path] for path in kept}))
    return RepositoryPrompt(
        prefix="".join([*(kept[path] for path in paths), head, before]), suffix=after, paths=paths, tokens=tokens
    )


def in_order(imports: Mapping[str, list[str]]) -> list[str]:
    """Return the files so that each comes after those that it imports, as far as they do not import each other."""
    left = dict(imports)
    order: list[str] = []
    while left:
        path = min(left, key=lambda one: sum(other in left for other in left[one]))  # the first of the lowest
        order.append(path)
        del left[path]
    return order


def filled(text: str, gap: Gap, *, is_whole: bool) -> str:
    """Return what of a completion is to be shown at the cursor.

    Where something stands behind the cursor on its line, that is one line without what stands there already. One that
    was cut off (not ``is_whole``) ends with its last whole line, if it has one.
    """
    rest = gap.after.split("\n", 1)[0].strip()
    if rest:
        line = text.split("\n", 1)[0]
        return line[: -len(rest)] if line.endswith(rest) else line
    if not is_whole and "\n" in text.strip("\n"):
        text = text.rpartition("\n")[0]
    return text.rstrip()


def _head(path: str) -> str:
    return f"#{path}\n" if path else ""


def _by_nearness(path: str, imports: Mapping[str, list[str]]) -> list[str]:
    """Return the other files, the likeliest to matter first."""
    near = [path]
    for one in near:  # grows as it is read
        near += [other for other in imports.get(one, ()) if other in imports and other not in near]
    users = [other for other, named in imports.items() if path in named]
    return [one for one in dict.fromkeys([*near, *users, *imports]) if one != path]


def _last_lines(text: str, count: Count, budget: int) -> str:
    lines = text.splitlines(keepends=True)
    left = len(text)
    for start in range(0, len(lines), _STEP_LINES):
        if left <= budget * _CHARACTERS_PER_TOKEN and count(part := "".join(lines[start:])) <= budget:
            return part
        left -= sum(map(len, lines[start : start + _STEP_LINES]))
    return _fitting(lambda length: text[len(text) - length :], len(text), count, budget)


def _first_lines(text: str, count: Count, budget: int) -> str:
    return _fitting(lambda length: text[:length], len(text), count, budget)


def _fitting(part: Callable[[int], str], length: int, count: Count, budget: int) -> str:
    """Return the longest ``part`` within the budget, to about a tenth."""
    length = min(length, budget * _CHARACTERS_PER_TOKEN)
    while length and count(part(length)) > budget:
        length = length * 9 // 10
    return part(length)
