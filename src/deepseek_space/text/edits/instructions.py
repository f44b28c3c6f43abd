"""How a model is told to answer about files, once, in the system text; and what it is told of edits that did not fit.

Written for models, so never translated. Few tokens: a small model has 2,048 in all.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from deepseek_space.text.edits.applying import Failure

Style = Literal["edits", "files"]

_EDITS = """\
You work on the user's files, which follow the request with their current content.
Change a file with SEARCH/REPLACE blocks: its path alone on a line, then

<<<<<<< SEARCH
lines copied exactly from the file, enough to be found once
=======
the lines for their place
>>>>>>> REPLACE

Make a new file with an empty SEARCH. To insert, repeat the line before; to delete, leave REPLACE empty. Keep blocks \
small, change nothing else, never write "rest unchanged". Say in a sentence or two what you did.
"""
_FILES = """\
You work on the user's files. Write each file that you make or change in full, in one fenced block with its path \
behind the fence, such as ```python app.py. Leave nothing out. After the blocks, explain in a sentence or two.
"""
_SAID = {
    "open": "its block has no end",
    "no file": "there is no file of that name",
    "not found": "its SEARCH lines are not in the file",
    "several": "its SEARCH lines are in the file more than once; copy more lines around them",
    "applied already": "its REPLACE lines are in the file already",
}


def instructions(style: Style) -> str:
    """Return the system text."""
    return _EDITS if style == "edits" else _FILES


def files_text(files: Mapping[str, str]) -> str:
    """Return the files as they follow a request; a fence is longer than any in its file."""
    return "".join(f"\n\n{path}\n{fenced(text, path)}" for path, text in files.items())


def fenced(text: str, path: str = "") -> str:
    """Return ``text`` in a fenced block that nothing in it can close."""
    longest = max((len(run) for run in _runs(text)), default=0)
    fence = "`" * max(3, longest + 1)
    body = text if text.endswith("\n") or not text else f"{text}\n"
    return f"{fence}{path.rpartition('.')[2] if '.' in path else ''}\n{body}{fence}"


def again(failures: Sequence[Failure]) -> str:
    """Return the message that asks for the edits again that did not fit, and for them alone."""
    parts = ["These edits could not be applied:"]
    for failure in failures:
        part = f"\n{failure.path or 'an edit without a name'}: {_SAID[failure.reason]}."
        if failure.edit.readings:
            part += f" It was to find:\n{fenced(failure.edit.readings[0][0])}"
        if failure.nearest:
            part += f"\nThe nearest lines there are, from line {failure.line}:\n{fenced(failure.nearest)}"
        parts.append(part)
    parts.append("\nAll others are in. Send these alone again, with lines copied exactly from the file as it is now.")
    return "\n".join(parts)


def _runs(text: str) -> list[str]:
    runs, run = [], ""
    for character in text:
        if character == "`":
            run += character
        elif run:
            runs.append(run)
            run = ""
    return [*runs, run] if run else runs
