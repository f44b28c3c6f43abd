"""Equations of a Word file are read where they stand, as LaTeX."""

import pytest

from sample_files import paragraph, word

MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"


def run(text):
    return f"<m:r><m:t>{text}</m:t></m:r>"


def part(name, inside, **properties):
    told = "".join(f'<m:{key} m:val="{value}"/>' for key, value in properties.items())
    return f"<m:{name}><m:{name}Pr>{told}</m:{name}Pr>{inside}</m:{name}>"


def base(text):
    return part("e", run(text))


def sup(text, above):
    return part("sSup", base(text) + part("sup", run(above)))


def equation(inside):
    return f'<m:oMath xmlns:m="{MATH}">{inside}</m:oMath>'


FRACTION = part("f", part("num", run("a")) + part("den", run("b")))
BOUNDS = part("sub", run("i=1")) + part("sup", run("n"))
LIMIT = part("limLow", base("lim") + part("lim", run("x→0")))
CASES = part("e", part("eqArr", base("1") + base("0")))
WRITTEN = {
    "power": (run("E=m") + sup("c", "2"), "E=m{c}^{2}"),
    "fraction": (FRACTION, r"\frac{a}{b}"),
    "binomial": (part("f", part("num", run("n")) + part("den", run("k")), type="noBar"), r"\binom{n}{k}"),
    "root": (part("rad", part("deg", "") + part("e", FRACTION)), r"\sqrt{\frac{a}{b}}"),
    "cube root": (part("rad", part("deg", run("3")) + base("x")), r"\sqrt[3]{x}"),
    "sum": (part("nary", BOUNDS + part("e", sup("x", "i")), chr="∑"), r"\sum_{i=1}^{n} {x}^{i}"),
    "integral": (part("nary", BOUNDS + base("f")), r"\int_{i=1}^{n} f"),
    "brackets": (part("d", base("x+y")), r"\left( x+y \right)"),
    "cases": (part("d", CASES, begChr="{", endChr=""), r"\left\{ \begin{aligned}1 \\ 0\end{aligned} \right."),
    "function": (part("func", part("fName", run("sin")) + base("x")), r"\sin x"),
    "limit": (part("func", part("fName", LIMIT) + base("f")), r"\lim_{x→0} f"),
    "vector": (part("acc", base("v"), chr="\u20d7"), r"\vec{v}"),
    "line above": (part("bar", base("v"), pos="top"), r"\overline{v}"),
    "matrix": (
        part("m", f"<m:mr>{base('1')}{base('2')}</m:mr><m:mr>{base('3')}{base('4')}</m:mr>"),
        r"\begin{matrix}1 & 2 \\ 3 & 4\end{matrix}",
    ),
    "isotope": (part("sPre", part("sub", run("6")) + part("sup", run("14")) + base("C")), "{}_{6}^{14}{C}"),
    "signs": (run("50% of α_1"), r"50\% of α\_1"),
    "what is not known": (part("box", base("x") + part("strange", run("y"))), "xy"),
}


@pytest.mark.parametrize(("inside", "written"), WRITTEN.values(), ids=WRITTEN)
def test_an_equation_stands_where_it_stood(text_of, inside, written):
    body = f"<w:p><w:r><w:t>Energy is </w:t></w:r>{equation(inside)}<w:r><w:t>, by definition.</w:t></w:r></w:p>"
    assert text_of("e.docx", word(body)) == f"Energy is ${written}$, by definition."


def test_an_equation_by_itself_is_set_apart_in_a_paragraph_a_cell_and_the_body(text_of):
    alone = f'<m:oMathPara xmlns:m="{MATH}">{equation(run("a"))}{equation(run("b"))}</m:oMathPara>'
    table = f"<w:tbl><w:tr><w:tc>{paragraph('x')}<w:p>{alone}</w:p></w:tc></w:tr></w:tbl>"
    assert text_of("e.docx", word(f"<w:p>{alone}</w:p>")) == "$$a$$\n$$b$$"
    assert text_of("e.docx", word(alone)) == "$$a$$\n$$b$$"
    assert text_of("e.docx", word(table)) == "| x $$a$$ $$b$$ |\n| --- |"
