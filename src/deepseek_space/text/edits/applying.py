"""An edit into a text: where its old lines are found exactly once, the new ones take their place.

Lines are compared without the carriage return, and the file's own line ending is written. Where no place is the same,
lines count that differ by one constant indent, then by white space at their end. Two places are a question, never a
guess; of none, the nearest is told.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher, get_close_matches
from typing import Literal

from deepseek_space.text.edits.answer import Change, Edit, WholeFile

CLOSE_NAME = 0.8
NEAR = 0.6  # how alike lines must be to be told as the nearest
MOST_WINDOWS = 20_000  # places that are compared for the nearest, in long files
_ELISIONS = ("...", "…", "# ...", "// ...")


@dataclass(frozen=True, kw_only=True)
class Failure:
    """An edit that was not applied. ``line`` counts from 1: the nearest place or the first of several; 0 for none."""

    edit: Edit
    reason: Literal["open", "no file", "not found", "several", "applied already"]
    path: str
    line: int = 0
    nearest: str = ""
    num_places: int = 0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The texts that files have after an answer, by path, of those that it changes or makes; and what did not go in."""

    files: dict[str, str] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    num_applied: int = 0


def apply_changes(files: Mapping[str, str], changes: Sequence[Change]) -> Outcome:
    """Return what ``changes`` make of ``files``, one after the other; whole files without a name are passed over."""
    now, failures, num_applied = dict(files), [], 0
    for change in changes:
        if isinstance(change, WholeFile):
            if change.path and not change.is_closed:
                failures.append(Failure(edit=Edit(path=change.path), reason="open", path=change.path))
            elif change.path:
                path = _known_path(change.path, files) or change.path
                now[path] = _as_written(change.text, files.get(path, ""))
                num_applied += 1
            continue
        found = _apply(now, change)
        if isinstance(found, Failure):
            failures.append(found)
        else:
            path, text = found
            now[path] = text
            num_applied += 1
    changed = {path: text for path, text in now.items() if files.get(path) != text}
    return Outcome(files=changed, failures=tuple(failures), num_applied=num_applied)


def apply_edit(text: str, edit: Edit) -> str | Failure:
    """Return ``text`` with the edit in it, or why it cannot be."""
    if not edit.readings:
        return Failure(edit=edit, reason="open", path=edit.path)
    results = [_replaced(text, search, replace) for search, replace in reversed(edit.readings)]
    texts = [result for result in results if isinstance(result, str)]
    if texts:
        return texts[0]  # that which seeks the most lines: so many are hardly there by chance
    if places := [result for result in results if result]:
        lines = places[0]
        return Failure(edit=edit, reason="several", path=edit.path, line=lines[0] + 1, num_places=len(lines))
    search, replace = edit.readings[0]
    if replace.strip() and _places(_split(text), replace.splitlines(), str.rstrip):
        return Failure(edit=edit, reason="applied already", path=edit.path)
    line, nearest = _nearest(_split(text), search.splitlines())
    return Failure(edit=edit, reason="not found", path=edit.path, line=line, nearest=nearest)


def _apply(files: Mapping[str, str], edit: Edit) -> tuple[str, str] | Failure:
    path = _known_path(edit.path, files)
    is_new = any(not search.strip() for search, _ in edit.readings)
    if not path and not is_new:
        fitting = [(name, result) for name, text in files.items() if isinstance(result := apply_edit(text, edit), str)]
        if len(fitting) == 1:  # the name is wrong, and only one file can be meant
            return fitting[0]
        return Failure(edit=edit, reason="no file", path=edit.path)
    path = path or edit.path
    if not path:
        return Failure(edit=edit, reason="no file", path="")
    result = apply_edit(files.get(path, ""), edit)
    return (path, result) if isinstance(result, str) else _elsewhere(files, edit, path, result)


def _elsewhere(files: Mapping[str, str], edit: Edit, path: str, failure: Failure) -> tuple[str, str] | Failure:
    """Return the one other file that a block fits whose name was carried over from another, or the failure."""
    if failure.reason != "not found":
        return Failure(**{**vars(failure), "path": path})
    others = [
        (name, result)
        for name, text in files.items()
        if name != path and isinstance(result := apply_edit(text, edit), str)
    ]
    return others[0] if len(others) == 1 else Failure(**{**vars(failure), "path": path})


def _known_path(path: str, files: Mapping[str, str]) -> str:
    """Return the file that a model means by ``path``: itself, the only one of that name, or one spelt almost so."""
    if path in files or not path:
        return path if path in files else ""
    same_name = [name for name in files if name.rpartition("/")[2] == path.rpartition("/")[2]]
    if len(same_name) == 1 and ("/" not in path or "/" not in same_name[0]):
        return same_name[0]
    same_case = [name for name in files if name.lower() == path.lower()]
    return same_case[0] if same_case else ""


def close_path(path: str, files: Mapping[str, str]) -> str:
    """Return the file whose name is nearest, to be asked about; "" if none is near."""
    return next(iter(get_close_matches(path, files, n=1, cutoff=CLOSE_NAME)), "")


def _replaced(text: str, search: str, replace: str) -> str | list[int]:
    """Return the text with the new lines in it, or the places that were found: none or several."""
    if not search.strip():
        return _appended(text, replace)
    lines, wanted = _split(text), search.splitlines()
    for same in (str, str.rstrip):
        found = _places(lines, wanted, same)
        if len(found) == 1:
            return _with_lines(lines, found[0], len(wanted), replace.splitlines(), text)
        if found:
            return found
    shifted = _shifted_places(lines, wanted)
    if len(shifted) == 1:
        at, shift = shifted[0]
        return _with_lines(lines, at, len(wanted), [shift(line) for line in replace.splitlines()], text)
    if shifted:
        return [at for at, _ in shifted]
    trimmed = _trimmed(wanted)
    if trimmed != wanted and trimmed:
        return _replaced(text, _joined(trimmed), _joined(_trimmed(replace.splitlines())))
    return _within_a_line(text, search, replace)


def _within_a_line(text: str, search: str, replace: str) -> str | list[int]:
    """Replace a part of a line that stands there once."""
    wanted = search.strip("\n")
    if "\n" in wanted or text.count(wanted) != 1 or wanted.strip() in _ELISIONS or len(wanted.strip()) < 3:
        return []
    return text.replace(wanted, replace.strip("\n"))


def _appended(text: str, replace: str) -> str:
    """Return the text with new lines at its end: an edit that seeks nothing makes a file, or goes on with it."""
    if not text:
        return replace
    before = text if text.endswith("\n") else f"{text}{_ending(text)}"
    return before + _as_written(replace, text)


def _split(text: str) -> list[str]:
    """Return the lines with their endings; other marks that Python takes for the end of a line are none here."""
    return [f"{line}\n" for line in text.split("\n")[:-1]] + ([last] if (last := text.rpartition("\n")[2]) else [])


def _bare(line: str) -> str:
    return line.removesuffix("\n").removesuffix("\r")


def _places(lines: Sequence[str], wanted: Sequence[str], same: Callable[[str], str]) -> list[int]:
    """Return where ``wanted`` begins among ``lines``."""
    have, want = [same(_bare(line)) for line in lines], [same(_bare(line)) for line in wanted]
    if not want:
        return []
    return [at for at in range(len(have) - len(want) + 1) if have[at] == want[0] and have[at : at + len(want)] == want]


def _shifted_places(lines: Sequence[str], wanted: Sequence[str]) -> list[tuple[int, Callable[[str], str]]]:
    """Return where ``wanted`` begins at another indent, the same for all its lines, with what moves a line there."""
    have = [_bare(line).rstrip() for line in lines]
    want = [_bare(line).rstrip() for line in wanted]
    bare = [line.lstrip() for line in have], [line.lstrip() for line in want]
    starts = [at for at in range(len(have) - len(want) + 1) if bare[0][at : at + len(want)] == bare[1]]
    found = [(at, _shift(have[at : at + len(want)], want)) for at in starts]
    return [(at, shift) for at, shift in found if shift]


def _shift(have: Sequence[str], want: Sequence[str]) -> Callable[[str], str] | None:
    """Return what moves lines from the indent of ``want`` to that of ``have``; None if they differ by no constant."""
    pairs = [
        (old[: len(old) - len(old.lstrip())], new[: len(new) - len(new.lstrip())])
        for old, new in zip(have, want, strict=True)
        if new
    ]
    if not pairs:
        return None
    old, new = pairs[0]
    if old.startswith(new) or not new:
        added = old[: len(old) - len(new)]
        if all(theirs == added + ours for theirs, ours in pairs):
            return lambda line: added + line if line.strip() else line
    elif new.startswith(old):
        taken = new[: len(new) - len(old)]
        if all(taken + theirs == ours for theirs, ours in pairs):
            return lambda line: line.removeprefix(taken)
    return None


def _with_lines(lines: Sequence[str], at: int, count: int, new: Sequence[str], text: str) -> str:
    """Return the text with ``count`` lines replaced; those that stay keep every byte of theirs."""
    old, ending = lines[at : at + count], _ending(text)
    matcher = SequenceMatcher(None, [_bare(line).rstrip() for line in old], [line.rstrip() for line in new], False)
    kept = {j + k: old[i + k] for i, j, size in matcher.get_matching_blocks() for k in range(size)}
    is_last = at + count == len(lines)
    written = [kept[j] if j in kept and _bare(kept[j]) == line else line + ending for j, line in enumerate(new)]
    written = [line if line.endswith("\n") else line + ending for line in written]
    if is_last and written and not old[-1].endswith("\n"):  # a file that ends without a line break goes on doing so
        written[-1] = _bare(written[-1])
    return "".join([*lines[:at], *written, *lines[at + count :]])


def _ending(text: str) -> str:
    num_lines = text.count("\n")
    return "\r\n" if num_lines and text.count("\r\n") * 2 > num_lines else "\n"


def _as_written(new: str, old: str) -> str:
    """Return ``new`` with the line ending of the file that it replaces."""
    plain = new.replace("\r\n", "\n")
    return plain.replace("\n", "\r\n") if _ending(old) == "\r\n" else plain


def _trimmed(lines: Sequence[str]) -> list[str]:
    """Return the lines without blank ones at both ends."""
    filled = [at for at, line in enumerate(lines) if line.strip()]
    return list(lines[filled[0] : filled[-1] + 1]) if filled else []


def _joined(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _nearest(lines: Sequence[str], wanted: Sequence[str]) -> tuple[int, str]:
    """Return the place that is most like ``wanted``, as its line from 1 and its text; (0, "") if none is like it."""
    have, want = [_bare(line) for line in lines], [line.strip() for line in wanted]
    stripped = [line.strip() for line in have]
    known = {line for line in want if line}
    size = max(len(want), 1)
    best, best_at = NEAR, -1
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2("\n".join(want))
    for at in range(min(max(len(have) - size, 0) + 1, MOST_WINDOWS)):
        window = stripped[at : at + size]
        if not known.isdisjoint(window) or size <= 2:
            matcher.set_seq1("\n".join(window))
            if matcher.real_quick_ratio() > best and matcher.quick_ratio() > best and (ratio := matcher.ratio()) > best:
                best, best_at = ratio, at
    return (best_at + 1, "\n".join(have[best_at : best_at + size])) if best_at >= 0 else (0, "")
