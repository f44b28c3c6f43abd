"""An answer with edits as Markdown shows it: an edit that stands in no fence is put into one.

Bare, its marks would be read as quotations and headings. What is copied or read for edits is the answer itself.
"""

import re

_FENCE = re.compile(r"^[ \t]*(?P<marks>`{3,}|~{3,})[^`]*$")
_SEARCH = re.compile(r"^[ \t]*<{5,9} ?SEARCH>?\s*$")
_REPLACE = re.compile(r"^[ \t]*>{5,9} ?(?:REPLACE|UPDATED)\s*$")
_OWN = "``````"  # longer than those that may stand within


def fenced_edits(answer: str) -> str:
    """Return the answer with a fence around each bare edit; one that is still being written has none at its end."""
    shown: list[str] = []
    fence, in_edit = "", False
    for line in answer.split("\n"):
        if in_edit:
            shown.append(line)
            if _REPLACE.match(line):
                shown.append(_OWN)
                in_edit = False
        elif fence:
            shown.append(line)
            if line.strip().startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif _SEARCH.match(line):
            shown += ["", _OWN, line]
            in_edit = True
        else:
            shown.append(line)
            fence = found["marks"] if (found := _FENCE.match(line)) else ""
    return "\n".join(shown)
