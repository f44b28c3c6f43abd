"""An answer's whole files and SEARCH/REPLACE edits, for as much of it as there is.

Two forms: a file in a fence with its name (see ``names``), and the edits that aider asks for and the family handles
best, in a fence or bare::

    a.py
    <<<<<<< SEARCH
    old lines
    =======
    new lines
    >>>>>>> REPLACE

DeepSite's marks for the name (``<<<<<<< NEW_FILE_START index.html >>>>>>> NEW_FILE_END``) are known too. What is closed
never changes as more of the answer comes. Knows no workspace: whether a name is allowed, or a text is found, is decided
elsewhere.
"""

import re
from dataclasses import dataclass, field
from itertools import islice

from deepseek_space.text.edits.names import language_in_info, name_in_comment, name_in_info, name_in_line

LINES_ABOVE = 3  # within which a name belongs to a fence or an edit
_FENCE = re.compile(r"^(?P<indent>[ \t]*)(?P<marks>`{3,}|~{3,})(?P<info>[^`]*)$")
_SEARCH = re.compile(r"^(?P<indent>[ \t]*)<{5,9} ?SEARCH>?\s*$")
_DIVIDER = re.compile(r"^[ \t]*={5,9}\s*$")
_REPLACE = re.compile(r"^[ \t]*>{5,9} ?(?:REPLACE|UPDATED)\s*$")
_FILE_MARK = re.compile(r"^\s*<{5,9} ?(?:NEW|UPDATE)_FILE_START (?P<path>.+?) >{5,9} ?(?:NEW|UPDATE)_FILE_END\s*$")
_HOLDS_FENCES = ("markdown", "md", "mdx")


@dataclass(frozen=True, kw_only=True)
class WholeFile:
    """A file as it is to be; ``path`` is "" for a block without a name, ``language`` what stands behind its fence."""

    path: str
    text: str
    language: str = ""
    is_closed: bool = True


@dataclass(frozen=True, kw_only=True)
class Edit:
    """Lines to be sought, and those for their place.

    ``readings`` are the pairs that the block can mean: more than one where it holds several lines of ``=======``, which
    also underline headings. None while it is not closed.
    """

    path: str
    readings: tuple[tuple[str, str], ...] = ()
    is_closed: bool = True


Change = WholeFile | Edit


@dataclass(kw_only=True)
class _Reader:
    lines: list[str]
    num_whole: int  # the lines before this one are complete
    changes: list[Change] = field(default_factory=list)
    path: str = ""  # the name used last
    position: int = 0

    def read(self) -> tuple[Change, ...]:
        recent: list[str] = []
        while self.position < len(self.lines):
            line = self.lines[self.position]
            is_whole = self.position < self.num_whole
            if mark := _FILE_MARK.match(line):
                recent = [mark["path"]]
                self.position += 1
            elif is_whole and (found := _SEARCH.match(line)):
                self._edit(_named(recent) or self.path, len(found["indent"]))
                recent = []
            elif is_whole and (found := _FENCE.match(line)):
                recent = self._fence(found, recent)
            else:
                recent.append(line)
                self.position += 1
        return tuple(self.changes)

    def _fence(self, opening: re.Match[str], recent: list[str]) -> list[str]:
        """Read a fenced block; returns the lines above what comes next."""
        self.position += 1
        info = opening["info"].strip()
        name = name_in_info(info) or _named(recent)
        if self._begins_edit():
            self._fenced_edits(opening, name or self.path)
            return []
        start = self.position
        end = self._closing(opening, holds_fences=language_in_info(info) in _HOLDS_FENCES or name.endswith(".md"))
        body = self.lines[start : len(self.lines) if end is None else end]
        if end is None and self.num_whole < len(self.lines) and body and _may_close(body[-1], opening["marks"]):
            body = body[:-1]
        body = _dedented(body, opening["indent"])
        name = name or (name_in_comment(body[0]) if body else "")
        text = "".join(f"{line}\n" for line in body)
        self.changes.append(WholeFile(path=name, text=text, language=language_in_info(info), is_closed=end is not None))
        self.path = name or self.path
        self.position = len(self.lines) if end is None else end + 1
        return []

    def _begins_edit(self) -> bool:
        """Whether the block begins with an edit, after blank lines and a name."""
        ahead = islice(self.lines, self.position, self.position + LINES_ABOVE)
        for line in ahead:
            if _SEARCH.match(line):
                return True
            if line.strip() and not name_in_line(line) and not name_in_comment(line):
                return False
        return False

    def _fenced_edits(self, opening: re.Match[str], name: str) -> None:
        """Read edits up to the fence that closes; those of other files may follow within it."""
        recent: list[str] = []
        while self.position < len(self.lines):
            line = self.lines[self.position]
            if self.position < self.num_whole and (found := _SEARCH.match(line)):
                self._edit(
                    _named(recent) or self.path if self.changes and not name else _named(recent) or name,
                    len(found["indent"]),
                )
                name, recent = self.path, []
            elif self.position < self.num_whole and _closes(line, opening["marks"]):
                self.position += 1
                return
            else:
                recent.append(line)
                self.position += 1

    def _edit(self, path: str, indent: int) -> None:
        """Read an edit from its first mark to its last; one that another begins in has no end."""
        start = self.position + 1
        self.path = path or self.path
        for at in range(start, self.num_whole):
            if _SEARCH.match(self.lines[at]):
                self.position = at
                self.changes.append(Edit(path=path))
                return
            if _REPLACE.match(self.lines[at]):
                body = _dedented(self.lines[start:at], " " * indent)
                self.changes.append(Edit(path=path, readings=_readings(body)))
                self.position = at + 1
                return
        self.changes.append(Edit(path=path, is_closed=False))
        self.position = len(self.lines)

    def _closing(self, opening: re.Match[str], *, holds_fences: bool) -> int | None:
        """Return the line that closes a block; in Markdown an inner block with a language is passed over whole."""
        depth = 0
        for at in range(self.position, self.num_whole):
            line = self.lines[at]
            if _closes(line, opening["marks"]):
                if not depth:
                    return at
                depth -= 1
            elif holds_fences and (inner := _FENCE.match(line)) and inner["info"].strip():
                depth += inner["marks"][0] == opening["marks"][0] and len(inner["marks"]) == len(opening["marks"])
        return None


def read_answer(text: str, *, is_whole: bool = True) -> tuple[Change, ...]:
    """Return the files and edits in ``text`` in their order; an answer that is not whole may go on in its last line."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[-1] == "":
        lines.pop()
        num_whole = len(lines)
    else:
        num_whole = len(lines) if is_whole else len(lines) - 1
    return _Reader(lines=lines, num_whole=num_whole).read()


def _named(recent: list[str]) -> str:
    """Return the name on the nearest of the last lines that say anything."""
    for line in reversed(recent[-LINES_ABOVE:]):
        if name := name_in_line(line):
            return name
    return ""


def _readings(body: list[str]) -> tuple[tuple[str, str], ...]:
    dividers = [at for at, line in enumerate(body) if _DIVIDER.match(line)]
    return tuple((_joined(body[:at]), _joined(body[at + 1 :])) for at in dividers)


def _joined(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _closes(line: str, marks: str) -> bool:
    text = line.strip()
    return len(text) >= len(marks) and not text.strip(marks[0])


def _may_close(line: str, marks: str) -> bool:
    """Whether an unfinished last line can become the fence that closes."""
    return not line.strip().strip(marks[0])


def _dedented(lines: list[str], indent: str) -> list[str]:
    """Return the lines without the indent of the list item that their block stands in, where all have it."""
    if not indent or not all(line.startswith(indent) or not line.strip() for line in lines):
        return lines
    return [line[len(indent) :] for line in lines]
