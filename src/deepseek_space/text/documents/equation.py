"""Word's equations (Office MathML) → LaTeX, as models read and write it.

What has no counterpart here keeps its text, in its order. ECMA-376 part 1, chapter 22.1.
"""

from collections.abc import Callable
from xml.etree.ElementTree import Element

_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
EQUATION, EQUATIONS = f"{_M}oMath", f"{_M}oMathPara"

_SIGNS = {"∑": r"\sum", "∏": r"\prod", "∫": r"\int", "∬": r"\iint", "∭": r"\iiint", "∮": r"\oint", "⋃": r"\bigcup",
          "⋂": r"\bigcap", "⋁": r"\bigvee", "⋀": r"\bigwedge", "∐": r"\coprod"}  # fmt: skip
_ACCENTS = {"\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0305": "bar", "\u0307": "dot", "\u0308": "ddot",
            "\u030c": "check", "\u20d7": "vec", "→": "vec"}  # fmt: skip
_FUNCTIONS = {"sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan", "log",
              "ln", "exp", "lim", "max", "min", "sup", "inf", "det", "dim", "ker", "gcd", "arg", "deg"}  # fmt: skip
_BRACES = {"{": r"\{", "}": r"\}", "": ".", "⟨": r"\langle", "⟩": r"\rangle", "‖": r"\|", "⌊": r"\lfloor",
           "⌋": r"\rfloor", "⌈": r"\lceil", "⌉": r"\rceil"}  # fmt: skip
_NEXT = r" \\ "
_ESCAPED = str.maketrans({"\\": r"\backslash ", **{sign: f"\\{sign}" for sign in "{}%&#_$"}, "^": r"\hat{} "})


def latex(equation: Element) -> str:
    """Return an equation between dollar signs; one that stands by itself between two."""
    if equation.tag == EQUATION:
        return f"${_inside(equation)}$"
    lines = [_inside(child) for child in equation if child.tag == EQUATION]
    return "\n".join(f"$${line}$$" for line in lines)


def _inside(element: Element | None) -> str:
    return "" if element is None else "".join(map(_written, element)).strip()


def _written(element: Element) -> str:
    name = element.tag.removeprefix(_M)
    if name in _WAYS:
        return _WAYS[name](element)
    if name == "t" or element.tag.endswith("}t"):
        return (element.text or "").translate(_ESCAPED)
    return "" if name.endswith("Pr") else "".join(map(_written, element))


def _part(element: Element, name: str) -> str:
    return _inside(element.find(_M + name))


def _property(element: Element, name: str, default: str) -> str:
    """Return a property's value; ``default`` where it is not there, and where it has none."""
    found = element.find(f"{_M}{element.tag.removeprefix(_M)}Pr/{_M}{name}")
    return default if found is None else found.get(f"{_M}val", default)


def _fraction(element: Element) -> str:
    above, below = _part(element, "num"), _part(element, "den")
    if _property(element, "type", "bar") == "noBar":
        return rf"\binom{{{above}}}{{{below}}}"
    return rf"\frac{{{above}}}{{{below}}}"


def _scripts(element: Element) -> str:
    """Base with what stands below and above it; before it for ``sPre``."""
    base = _base(element)
    low, high = (_script(sign, _part(element, name)) for sign, name in (("_", "sub"), ("^", "sup")))
    return f"{{}}{low}{high}{base}" if element.tag == f"{_M}sPre" else base + low + high


def _script(sign: str, text: str) -> str:
    return f"{sign}{{{text}}}" if text else ""


def _root(element: Element) -> str:
    degree = _part(element, "deg")
    return rf"\sqrt{f'[{degree}]' if degree else ''}{{{_part(element, 'e')}}}"


def _operator(element: Element) -> str:
    sign = _property(element, "chr", "∫")
    low, high = _script("_", _part(element, "sub")), _script("^", _part(element, "sup"))
    return f"{_SIGNS.get(sign, sign)}{low}{high} {_part(element, 'e')}"


def _brackets(element: Element) -> str:
    opening, closing = _property(element, "begChr", "("), _property(element, "endChr", ")")
    inside = _property(element, "sepChr", "|").join(_inside(part) for part in element.findall(f"{_M}e"))
    return rf"\left{_BRACES.get(opening, opening)} {inside} \right{_BRACES.get(closing, closing)}"


def _function(element: Element) -> str:
    name = _part(element, "fName")
    return f"{_named(name)} {_part(element, 'e')}"


def _named(name: str) -> str:
    return f"\\{name}" if name in _FUNCTIONS else name


def _base(element: Element) -> str:
    name = _part(element, "e")
    return f"\\{name}" if name in _FUNCTIONS else f"{{{name}}}"


def _accent(element: Element) -> str:
    return rf"\{_ACCENTS.get(_property(element, 'chr', chr(0x302)), 'hat')}{{{_part(element, 'e')}}}"


def _bar(element: Element) -> str:
    return rf"\{'overline' if _property(element, 'pos', 'bot') == 'top' else 'underline'}{{{_part(element, 'e')}}}"


def _limit(element: Element) -> str:
    sign = "_" if element.tag == f"{_M}limLow" else "^"
    return _base(element) + _script(sign, _part(element, "lim"))


def _matrix(element: Element) -> str:
    rows = (" & ".join(_inside(cell) for cell in row.findall(f"{_M}e")) for row in element.findall(f"{_M}mr"))
    return rf"\begin{{matrix}}{_NEXT.join(rows)}\end{{matrix}}"


def _lines(element: Element) -> str:
    lines = _NEXT.join(_inside(line) for line in element.findall(f"{_M}e"))
    return rf"\begin{{aligned}}{lines}\end{{aligned}}"


_WAYS: dict[str, Callable[[Element], str]] = {
    "f": _fraction,
    "sSup": _scripts,
    "sSub": _scripts,
    "sSubSup": _scripts,
    "sPre": _scripts,
    "rad": _root,
    "nary": _operator,
    "d": _brackets,
    "func": _function,
    "acc": _accent,
    "bar": _bar,
    "limLow": _limit,
    "limUpp": _limit,
    "m": _matrix,
    "eqArr": _lines,
}
