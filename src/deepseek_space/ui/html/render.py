"""Raw text → what the Chatbot and Markdown components are given. Pure functions; knows no conversation, no Gradio.

The components read Markdown, HTML and LaTeX. Readers and models write text, so

* outside fenced code, ``<`` is followed by an invisible word joiner: no tag begins, whatever Markdown takes the place
  to be, and the tag is seen. An entity would do in prose, but would be shown as such in inline and indented code;
* ``![`` likewise: pictures are shown as links, so that an answer cannot make the browser fetch anything;
* "```mermaid" likewise, at whatever depth of lists and quotations it stands: Gradio draws it, and a drawing fetches;
* a tab that begins a line of code is preceded by a joiner, as the Markdown reader would turn it into four spaces;
* formulas in ``$…$  $$…$$  \\(…\\)  \\[…\\]`` and bare environments such as ``\\begin{aligned}`` are found here and
  handed on between marks of our own. Gradio looks for delimiters in code as well, where ``$`` is nothing special. A
  ``$`` beside a figure or a word is a price or a variable;
* ``\\boxed{…}``, where the models put a final answer, is a formula also where it stands in plain text;
* while an answer streams, a formula that has only begun is shown sign by sign: Markdown would make emphasis of its
  underscores, and take that back at its end.

``assets/page/clipboard.js`` takes all of this out again when something is copied.
"""

import re
from collections.abc import Iterator

JOINER = "\u2060"  # after "<", "!" and "```", before tabs: shown as nothing
MARK = "\u2063"  # around formulas: shown as nothing
BARE = "\u2064"  # beside MARK where a formula has no delimiters of its own

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
_FORMULA = re.compile(
    r"""
    \\[\\`$]                                                               # escaped: no delimiter
  | (?<!`)(?P<ticks>`+)                                                   # inline code, if a like run closes it
  | (?P<formula>
        \$\$ [^$]+? \$\$
      | \\\[ (?:(?!\\\[|\\\]).)+? \\\]
      | (?<![0-9A-Za-z$]) \$ (?![\s$]) (?:[^$\\\n]|\\.|\n(?!\s*\n))+?
        (?: (?<!\s) \$ (?![0-9A-Za-z_$]) | (?<![\s:/,;=({]) \$ (?=[a-z]) )  # "the $n$th", but not "$HOME:$PATH"
      | \\\( (?:(?!\\\(|\\\)|\n\s*\n).)+? \\\)
    )
  | (?P<bare> \\begin\{(?P<environment>(?:aligned|align|equation|gathered|gather|split|cases|array|[pbvBV]?matrix)\*?)\}
        (?:(?!\\begin\{(?P=environment)\}|\n\s*\n).){1,2000}? \\end\{(?P=environment)\} )
  | (?P<boxed>\\boxed\s*\{)
  | (?P<begun>\\\[|\\\(|\$\$|\$(?=[^\s$`*][^$`*\n]*\Z))
    """,
    re.VERBOSE | re.DOTALL,
)
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_WORDS = re.compile(r"[^\\^_=+<>]*[^\W\d_]{2}[^\\^_=+<>]*")
_LONGEST_BOXED = 2000  # characters; a longer search for each of many openings would take its time
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
    shown = "".join(_code(part) if is_code else _prose(part, is_open) for is_code, part in _split_fences(text))
    # Where a fence may begin, in which list or formula, is the reader's to say: so no drawing begins anywhere.
    return _DRAWING.sub(JOINER, shown)


def message(raw: str) -> str:
    """Return the Markdown that shows a person's text literally, for an element with ``white-space: pre-wrap``."""
    return _literal(_CONTROL.sub("\ufffd", _normalised(raw)))


def _normalised(raw: str) -> str:
    """Return the text with one kind of line end and none of our marks."""
    return _MARKS.sub("", raw.replace("\r\n", "\n").replace("\r", "\n"))


def _literal(text: str) -> str:
    return _SIGN.sub(lambda found: "".join(f"&#{ord(sign):04d};" for sign in found[0]), text)


def _split_fences(text: str) -> Iterator[tuple[bool, str]]:
    """Yield (is fenced code, text) in order; code only where every reader of Markdown agrees that it is."""
    prose: list[str] = []
    fence: re.Match[str] | None = None
    lines = _LINE.findall(text)
    for number, line in enumerate(lines):
        if fence is None and (fence := _FENCE.match(line)):
            yield False, "".join(prose)
            prose = []
            yield True, line
        elif fence is None:
            prose.append(line)
        elif _is_dedented(line, fence):
            # The block may stand in a list that ends here: from now on nobody can tell code from prose.
            prose = lines[number:]
            break
        else:
            yield True, line
            fence = None if _closes(line, fence) else fence
    yield False, "".join(prose)


def _closes(line: str, fence: re.Match[str]) -> bool:
    return re.fullmatch(rf" {{0,3}}{fence['fence']}[~`]*[ \t]*\n?", line) is not None


def _is_dedented(line: str, fence: re.Match[str]) -> bool:
    return bool(line.strip()) and not line.startswith(fence["indent"])


def _code(line: str) -> str:
    return _LEADING_TAB.sub(rf"\1{JOINER}", line)


def _prose(text: str, is_open: bool) -> str:
    shown, end, position = [], 0, 0
    begun_from = _last_paragraph(text) if is_open else len(text)
    inline_code_ends = _inline_code_ends(text)
    while found := _FORMULA.search(text, position):
        position = found.end()
        if found["ticks"]:
            position = inline_code_ends.get(found.start(), position)
        elif found["formula"]:
            shown += [_without_tags(text[end : found.start()]), _marked(found["formula"])]
            end = position
        elif found["bare"]:
            shown += [_without_tags(text[end : found.start()]), _marked(f"{BARE}{found['bare']}{BARE}")]
            end = position
        elif found["boxed"] and (closed := _brace_end(text, position)):
            shown += [_without_tags(text[end : found.start()]), _marked(_boxed(text[position : closed - 1]))]
            end = position = closed
        elif (found["boxed"] or _is_begun(found)) and found.start() >= begun_from:
            return "".join(shown) + _without_tags(text[end : found.start()]) + _literal(text[found.start() :])
    return "".join(shown) + _without_tags(text[end:])


def _marked(formula: str) -> str:
    return MARK + _TAG_START.sub("< ", formula) + MARK


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
