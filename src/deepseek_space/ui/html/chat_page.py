"""A chat as one HTML file that stands by itself: for reading without the app or a network. Pure functions.

Nothing in it runs or is fetched, which its own policy says too. Text is escaped by the Markdown reader, formulas are
MathML, which browsers draw with the fonts that they have, and code is coloured as it is written into the file.
"""

import re
from collections.abc import Sequence
from html import escape

from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from deepseek_space.chat.turns.turn import Turn
from deepseek_space.ui.html.render import BARE, JOINER, MARK, answer
from deepseek_space.ui.words.language import language, say

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_FORMULA = re.compile(
    rf"{MARK}(?:\$\$(?P<block>.+?)\$\$|\\\[(?P<bracket>.+?)\\\]|{BARE}(?P<bare>.+?){BARE}"
    rf"|\$(?P<inline>.+?)\$|\\\((?P<paren>.+?)\\\)){MARK}",
    re.DOTALL,
)
_SET_IN = re.compile(rf"{MARK}[ \t]*")
_PLACE = re.compile("\ue000(\\d+)\ue001")  # where a formula belongs, once Markdown has been read
_SHOWN_AS_NOTHING = re.compile(rf"(&lt;|!|```){JOINER}|{JOINER}(?=\t|mermaid)")
_ALIGNED = re.compile(r"\\(begin|end)\{(?:aligned|gathered|gather\*?)\}")  # as the one that can be drawn
_EQUATION = re.compile(r"\\(?:begin|end)\{equation\*?\}")
_TASK = re.compile(r"<li>(\s*<p[^>]*>)?\[([ xX])\] ")
_BLOCKS = {"paragraph_open", "heading_open", "bullet_list_open", "ordered_list_open", "blockquote_open", "table_open"}
_COLOURS = "".join(
    f"@media (prefers-color-scheme: {scheme}) {{{HtmlFormatter(style=style).get_style_defs('pre')}}}"
    for scheme, style in (("light", "default"), ("dark", "github-dark"))
)
_LOOK = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.6 system-ui, sans-serif; }
h1 { font-size: 1.5rem; }
.question { margin: 2.5rem 0 1rem 15%; padding: .6rem 1rem; border-radius: 1rem; background: var(--soft);
  white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; text-align: start; }
.note, details, time { color: GrayText; font-size: .875rem; }
details > div { padding-inline-start: 1rem; border-inline-start: 2px solid var(--line); }
p, li, th, td { text-align: start; unicode-bidi: plaintext; }
pre { padding: .8rem 1rem; border: 1px solid var(--line); border-radius: .6rem; background: var(--soft);
  overflow-x: auto; direction: ltr; tab-size: 4; }
table { display: block; border-collapse: collapse; overflow-x: auto; }
th, td { padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); }
blockquote { margin-inline: 0; padding-inline-start: 1rem; border-inline-start: 3px solid var(--line); }
.task { list-style: none; }
math[display=block] { margin: .8em 0; overflow-x: auto; }
"""


def chat_page(title: str, turns: Sequence[Turn]) -> str:
    """Return the file that shows these turns under a title."""
    said = "".join(map(_turn, turns))
    return (
        f'<!doctype html><html lang="{language()}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{escape(title)}</title><style>{_LOOK}{_COLOURS}</style></head>"
        f'<body><h1 dir="auto">{escape(title)}</h1>{said}</body></html>\n'
    )


def _turn(turn: Turn) -> str:
    files = "".join(f'<p class="note">{escape(file.name)}</p>' for file in turn.files)
    thoughts = _thoughts(turn) if turn.reasoning else ""
    error = f'<p class="note" role="note">{escape(say(turn.error))}</p>' if turn.error else ""
    figures = f'<p class="note">{escape(turn.usage.model)}</p>' if turn.usage else ""
    question = f'<div class="question">{files}{escape(turn.question)}</div>'
    return f"<section>{question}{thoughts}{markdown(turn.answer)}{error}{figures}</section>"


def _thoughts(turn: Turn) -> str:
    took = f" · {turn.thinking_s:.1f} s" if turn.thinking_s else ""
    return f"<details><summary>{escape(say('Thoughts'))}{took}</summary><div>{markdown(turn.reasoning)}</div></details>"


def markdown(text: str) -> str:
    """Return the HTML of a model's text."""
    formulas: list[str] = []

    def taken_out(found: re.Match[str]) -> str:
        formulas.append(_mathml(found))
        return f"\ue000{len(formulas) - 1}\ue001"

    source = _FORMULA.sub(taken_out, answer(text.replace("\ue000", "").replace("\ue001", "")))
    reader = MarkdownIt("commonmark", {"html": False, "highlight": _coloured}).enable(["table", "strikethrough"])
    reader.validateLink = _is_link
    tokens = reader.parse(_SET_IN.sub("", source))
    for token in tokens:
        if token.level == 0 and token.type in _BLOCKS:
            token.attrSet("dir", "auto")
    shown = _SHOWN_AS_NOTHING.sub(r"\1", reader.renderer.render(tokens, reader.options, {}))
    shown = _TASK.sub(_box, shown)
    return _PLACE.sub(lambda found: formulas[int(found[1])], shown)


def _is_link(address: str) -> bool:
    return address.lower().startswith(("http:", "https:", "mailto:"))


def _box(found: re.Match[str]) -> str:
    checked = "" if found[2] == " " else " checked"
    return f'<li class="task">{found[1] or ""}<input type="checkbox" disabled{checked}> '


def _coloured(code: str, language_name: str, _attributes: str) -> str:
    """Return code with its words in colours; "" leaves it to be escaped as it is."""
    try:
        lexer = get_lexer_by_name(language_name.strip(JOINER), stripnl=False)
    except ClassNotFound:
        return ""
    return highlight(code, lexer, HtmlFormatter(nowrap=True))


def _mathml(found: re.Match[str]) -> str:
    """Return a formula as MathML, or as it is written where it cannot be read or would lead somewhere."""
    is_block = found["inline"] is None and found["paren"] is None
    latex = next(group for group in found.groups() if group is not None)
    known = _EQUATION.sub("", _ALIGNED.sub(r"\\\1{split}", latex.strip()))
    try:
        shown = convert(known, display="block" if is_block else "inline")
    except Exception:  # of a formula that nobody has checked
        return f"<code>{escape(latex)}</code>"
    return f"<code>{escape(latex)}</code>" if re.search(r"href|src=|\bstyle=|<(?!/?m)", shown) else shown
