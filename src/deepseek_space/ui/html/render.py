"""Raw text → what the Chatbot and Markdown components are given. Pure functions; knows no conversation, no Gradio.

The components read Markdown, HTML and LaTeX. Readers and models write text, so

* outside fenced code, ``<`` is followed by an invisible word joiner: no tag begins, whatever Markdown takes the place
  to be, and the tag is seen. An entity would do in prose, but would be shown as such in inline and indented code;
* ``![`` likewise: pictures are shown as links, so that an answer cannot make the browser fetch anything;
* "```mermaid" likewise, at whatever depth of lists and quotations it stands: Gradio draws it, and a drawing fetches;
* a tab that begins a line of code is preceded by a joiner, as the Markdown reader would turn it into four spaces;
* a fence deep in a list, in a quotation or behind a bullet is code to some readers and not to others: no formula is
  looked for there, and no tag begins there either;
* formulas in ``$…$  $$…$$  \\(…\\)  \\[…\\]`` and bare environments such as ``\\begin{aligned}`` are found here and
  handed on between marks of our own. Gradio looks for delimiters in code as well, where ``$`` is nothing special. A
  ``$`` beside a figure or a word is a price or a variable;
* ``\\boxed{…}``, where the models put a final answer, is a formula also where it stands in plain text;
* while an answer streams, a formula that has only begun is shown sign by sign: Markdown would make emphasis of its
  underscores, and take that back at its end;
* a displayed formula that is set in by four spaces, where no list is, would be code: a mark before them prevents it.

``assets/page/clipboard.js`` takes all of this out again when something is copied.
"""

import re
from collections.abc import Iterator
from typing import Literal

JOINER = "\u2060"  # after "<", "!" and "```", before tabs: shown as nothing
MARK = "\u2063"  # around formulas: shown as nothing
BARE = "\u2064"  # beside MARK where a formula has no delimiters of its own

Kind = Literal["prose", "code", "either"]

LATEX_DELIMITERS: list[dict[str, str | bool]] = [
    {"left": f"{MARK}$$", "right": f"$${MARK}", "display": True},
    {"left": f"{MARK}$", "right": f"${MARK}", "display": False},
    {"left": f"{MARK}\\(", "right": f"\\){MARK}", "display": False},
    {"left": f"{MARK}\\[", "right": f"\\]{MARK}", "display": True},
    {"left": f"{MARK}{BARE}", "right": f"{BARE}{MARK}", "display": True},
]

_MARKS = re.compile(f"[{MARK}{BARE}]")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_FENCE = re.compile(r"(?P<indent> {0,3})(?P<fence>`{3,}(?=[^`\n]*$)|~{3,})(?P<info>.*)", re.MULTILINE)
_DEEP_FENCE = re.compile(
    r"(?P<indent>(?=[ \t]{4}|[ \t]*(?:[-*+>]|\d{1,9}[.)]))(?:[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t])))*[ \t]*)"
    r"(?P<fence>`{3,}(?=[^`\n]*$)|~{3,})",
    re.MULTILINE,
)
_INDENT = re.compile(r"[ \t>]*")
_ENVIRONMENT = r"(?:aligned|align|equation|gathered|gather|split|cases|array|[pbvBV]?matrix)\*?"
_FORMULA = re.compile(
    rf"""
    \\[\\`$]                                                               # escaped: no delimiter
  | (?<!`)(?P<ticks>`+)                                                   # inline code, if a like run closes it
  | (?P<formula>
        \$\$ [^$]+? \$\$
      | \\\[ (?:(?!\\\[|\\\]).)+? \\\]
      | (?<![0-9A-Za-z$]) \$ (?![\s$]) (?:[^$\\\n]|\\.|\n(?!\s*\n))+?
        (?: (?<!\s) \$ (?![0-9A-Za-z_$]) | (?<![\s:/,;=({{]) \$ (?=[a-z]) )  # "the $n$th", but not "$HOME:$PATH"
      | \\\( (?:(?!\\\(|\\\)|\n\s*\n).)+? \\\)
    )
  | (?P<bare> \\begin\{{(?P<environment>{_ENVIRONMENT})\}}
        (?:(?!\\begin\{{(?P=environment)\}}|\n\s*\n).){{1,2000}}? \\end\{{(?P=environment)\}} )
  | (?P<boxed>\\boxed\s*\{{)
  | (?P<begun>\\\[|\\\(|\$\$|\\begin\{{{_ENVIRONMENT}\}}|\$(?=[^\s$`*][^$`*\n]*\Z))
    """,
    re.VERBOSE | re.DOTALL,
)
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_WORDS = re.compile(r"[^\\^_=+<>]*[^\W\d_]{2}[^\\^_=+<>]*")
_LONGEST_BOXED = 2000  # characters; a longer search for each of many openings would take its time
_LIST_IN_SIGHT = 4000  # characters before what is set in, for the same reason
_BULLET = re.compile(r"^[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n)+")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
_RUN_OR_PARAGRAPH_END = re.compile(r"(?P<ticks>`+)|\n(?=[^\S\n]*\n)")
_LEADING_TAB = re.compile(r"^( *)(?=\t)", re.MULTILINE)
_TAG_START = re.compile(r"<(?=[A-Za-z/!?])")
_DRAWING = re.compile(r"(?<=```)(?=mermaid)")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# In a person's message every newline is an entity, so it is one line to Markdown, and few signs mean anything.
_SIGN = re.compile(r"[\\`*_\[\]<>&~|\n\t]|(?<=:)//|(?<=www)\.|@|\A(?:\s|[^\w\s]|(?<=\A)\d+[.)])", re.IGNORECASE)


def answer(raw: str, *, is_open: bool = False) -> str:
    """Return the Markdown that shows a model's text: tags as text, formulas marked, fenced code as it is.

    ``is_open`` says that more is to come. Works on any prefix of a stream: a fence that is still open is code, a
    formula that is still open is text.
    """
    text = _normalised(raw)
    shown, start = [], 0
    for kind, part in _split_fences(text):
        if kind == "prose":
            shown.append(_prose(part, is_open, text[:start]))
        else:
            shown.append(_code(part) if kind == "code" else _without_tags(part))
        start += len(part)
    # Where a fence may begin, in which list or formula, is the reader's to say: so no drawing begins anywhere.
    return _DRAWING.sub(JOINER, "".join(shown))


def message(raw: str) -> str:
    """Return the Markdown that shows a person's text literally, for an element with ``white-space: pre-wrap``."""
    return _literal(_CONTROL.sub("\ufffd", _normalised(raw)))


def _normalised(raw: str) -> str:
    """Return the text with one kind of line end and none of our marks."""
    return _MARKS.sub("", raw.replace("\r\n", "\n").replace("\r", "\n"))


def _literal(text: str) -> str:
    return _SIGN.sub(lambda found: "".join(f"&#{ord(sign):04d};" for sign in found[0]), text)


def _split_fences(text: str) -> Iterator[tuple[Kind, str]]:
    """Yield (what it is, text) in order; code only where every reader of Markdown agrees that it is."""
    prose: list[str] = []
    fence: re.Match[str] | None = None
    kind: Kind = "prose"
    lines = _LINE.findall(text)
    for number, line in enumerate(lines):
        if kind == "either" and fence and _leaves(line, fence):
            kind = "prose"
        if kind == "code" and fence and _is_dedented(line, fence):
            # The block may stand in a list that ends here: from now on nobody can tell code from prose.
            yield "prose", "".join(lines[number:])
            return
        if kind != "prose" and fence:
            yield kind, line
            kind = "prose" if _closes(line, fence, is_deep=kind == "either") else kind
        elif fence := _FENCE.match(line) or _DEEP_FENCE.match(line):
            yield "prose", "".join(prose)
            prose = []
            kind = "code" if fence.re is _FENCE else "either"
            yield kind, line
        else:
            prose.append(line)
    yield "prose", "".join(prose)


def _closes(line: str, fence: re.Match[str], *, is_deep: bool) -> bool:
    indent = r"[ \t>]*" if is_deep else " {0,3}"
    return re.fullmatch(rf"{indent}{fence['fence']}[~`]*[ \t]*\n?", line) is not None


def _is_dedented(line: str, fence: re.Match[str]) -> bool:
    return bool(line.strip()) and not line.startswith(fence["indent"])


def _leaves(line: str, fence: re.Match[str]) -> bool:
    """Whether a line stands outside of the quotation or the list that a deep fence stands in."""
    indent, (lead, quotes) = fence["indent"], _lead(line)
    if ">" in indent:
        return quotes < indent.count(">")
    return bool(line.strip()) and lead < len(indent.expandtabs(4))


def _lead(line: str) -> tuple[int, int]:
    """Return how wide the blanks and signs of quotation before a line are, and how many signs these are."""
    found = _INDENT.match(line)
    lead = found[0] if found else ""
    return len(lead.expandtabs(4)), lead.count(">")


def _code(line: str) -> str:
    return _LEADING_TAB.sub(rf"\1{JOINER}", line)


def _prose(text: str, is_open: bool, before: str) -> str:
    shown, end, position = [], 0, 0
    begun_from = _last_paragraph(text) if is_open else len(text)
    inline_code_ends = _inline_code_ends(text)
    while found := _FORMULA.search(text, position):
        position = found.end()
        formula = _formula(found)
        if found["ticks"]:
            position = inline_code_ends.get(found.start(), position)
        elif found["boxed"] and (closed := _brace_end(text, position)):
            shown += [_without_tags(text[end : found.start()]), _marked(_boxed(text[position : closed - 1]))]
            end = position = closed
        elif formula:
            shown += [_set_out(text[end : found.start()], found, before), _marked(formula)]
            end = position
        elif found.start() >= begun_from and (found["boxed"] or _is_begun(found)):
            if _is_set_in(found, before) and not _is_first(found):
                continue  # code, where signs are shown as they are written
            return "".join(shown) + _set_out(text[end : found.start()], found, before) + _literal(text[found.start() :])
    return "".join(shown) + _without_tags(text[end:])


def _formula(found: re.Match[str]) -> str:
    """Return the formula that was found with delimiters, some of them ours; "" for anything else."""
    return f"{BARE}{found['bare']}{BARE}" if found["bare"] else found["formula"] or ""


def _marked(formula: str) -> str:
    return MARK + _TAG_START.sub("< ", formula) + MARK


def _set_out(lead: str, found: re.Match[str], before: str) -> str:
    """Return the prose that leads to a formula, with a mark where the formula would be taken for indented code."""
    shown, indent = _without_tags(lead), _indent(found)
    if not _is_first(found) or not _is_set_in(found, before):
        return shown
    return shown[: len(shown) - len(indent)] + MARK + indent


def _indent(found: re.Match[str]) -> str:
    """Return the blanks at the beginning of the line that something was found in."""
    line = found.string[found.string.rfind("\n", 0, found.start()) + 1 : found.start()]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _is_first(found: re.Match[str]) -> bool:
    """Whether it is a displayed formula that a line begins with."""
    line = found.string[found.string.rfind("\n", 0, found.start()) + 1 : found.start()]
    return not line.strip() and found[0].startswith(("$$", "\\[", "\\begin"))


def _is_set_in(found: re.Match[str], before: str) -> bool:
    """Whether it stands in a line that is set in so far that it is code where no list is."""
    if len(_indent(found).expandtabs(4)) < 4:
        return False
    line = found.string.rfind("\n", 0, found.start()) + 1
    return not _is_in_list((before + found.string[:line])[-_LIST_IN_SIGHT:])


def _is_in_list(before: str) -> bool:
    """Whether what is set in after this text goes on with an item of a list; so does all that is set in itself."""
    for paragraph in reversed(_BLANK_LINES.split(before)):
        if _BULLET.search(paragraph):
            return True
        if paragraph[:1].strip():
            return False
    return False


def _is_begun(found: re.Match[str]) -> bool:
    """Whether a delimiter opens a formula; a single ``$`` may as well be a price or a variable."""
    return bool(found["begun"]) and (found["begun"] != "$" or "\\" in found.string[found.end() :])


def _last_paragraph(text: str) -> int:
    return max((found.end() for found in _BLANK_LINE.finditer(text)), default=0)


def _brace_end(text: str, start: int) -> int | None:
    """Return where the brace that was opened before ``start`` is closed, in the same paragraph and near; after it."""
    depth = 1
    near = start + _LONGEST_BOXED
    limit = _BLANK_LINE.search(text, start, near)
    for found in _BRACE.finditer(text, start, limit.start() if limit else near):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if depth == 0:
            return found.end()
    return None


def _boxed(content: str) -> str:
    """Return the formula for a boxed answer in plain text; words keep the spaces between them."""
    plain = content.replace("$", "")
    if _WORDS.fullmatch(plain):
        plain = rf"\text{{{plain.replace('%', chr(92) + '%')}}}"
    return rf"$\boxed{{{plain}}}$"


def _inline_code_ends(text: str) -> dict[int, int]:
    """Return where each run of backticks starts → where the next run of its length in the paragraph ends.

    One pass, however many runs find no partner: a pattern that looks for the partner itself takes exponential time.
    """
    ends: dict[int, int] = {}
    waiting: dict[int, int] = {}  # length → start of the latest run
    for found in _RUN_OR_PARAGRAPH_END.finditer(text):
        if found["ticks"] is None:
            waiting.clear()
            continue
        length = len(found["ticks"])
        if length in waiting:
            ends[waiting[length]] = found.end()
        waiting[length] = found.start()
    return ends


def _without_tags(text: str) -> str:
    return text.replace("<", "<" + JOINER).replace("![", f"!{JOINER}[")
