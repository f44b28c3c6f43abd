import re
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from deepseek_space.ui.html import render

COMMONMARK = MarkdownIt("commonmark", {"html": True}).enable("table")

TAGS = ["<b>", "</b>", "<script>", "<think>", "<!--", "-->", "<a href='x'", "<?php", "<![CDATA[", "<", ">", "/>"]
FENCES = ["```", "```python\n", "```mermaid\n", "````", "~~~", "~~~~html\n", "\n```\n", "`", "``"]
MATHS = ["$", "$$", "\\(", "\\)", "\\[", "\\]", "\\"]
LAYOUT = [
    "\n",
    "\n\n",
    " ",
    "    ",
    "\t",
    "- ",
    "1. ",
    "> ",
    "x",
    "a b",
    "|",
    "|-|",
    "![a](b)",
    "&lt;",
    "\r",
    "\r\n",
    "数",
]
MARKS = render.MARK + render.BARE
FRAGMENTS = st.sampled_from([*TAGS, *FENCES, *MATHS, *LAYOUT])
PRINTABLE = st.characters(exclude_categories=["Cc", "Cs"], include_characters="\n\t", exclude_characters=MARKS)
TEXTS = st.lists(FRAGMENTS, max_size=25).map("".join)


def html_in(markdown):
    """The raw HTML that a reader of Markdown would put on the page, code and escaped text not counted."""
    tokens = [inner for token in COMMONMARK.parse(markdown) for inner in [token, *(token.children or [])]]
    return [token.content for token in tokens if token.type in ("html_block", "html_inline")]


def shown_text(markdown):
    """What copy.js makes of a message when it is copied."""
    text = re.sub(f"([<!]|```){render.JOINER}|{render.JOINER}(?=\t)", r"\1", markdown.replace(render.MARK, ""))
    return re.sub(r"&#(0\d{3,});", lambda found: chr(int(found[1])), text)


@given(TEXTS, st.integers(0, 80))
@example("<b>\n```html\n<i>\n```\n<u>", 80)
@example("- ```\n  <b>\n<script>", 80)
@example("- a\n  ```\n  <b>\nc\n<script>\n```\n<i>\n```\n<script>", 80)
@example("> ```\n<script>", 80)
@example("    ```\n<script>", 80)
@example("`<b>\n\n<script>`", 80)
def test_no_tag_gets_through_at_any_prefix(text, length):
    assert html_in(render.answer(text[:length])) == []


@given(st.text())
def test_no_tag_gets_through_whatever_is_written(text):
    assert html_in(render.answer(text)) == []
    assert html_in(render.message(text)) == []


RUNS = st.integers(1, 12).map(lambda length: "`" * length)
HOSTILE = st.lists(
    RUNS | st.sampled_from(["$", "$$", "\\(", "\\)", "\\[", "\\`", "<b>", "![", "\n", "\n\n", " ", "x"]), max_size=200
).map("".join)


@given(HOSTILE)
@example("a ```x " + "``b" * 40)
def test_no_tag_gets_through_between_many_runs_of_backticks(text):
    shown = render.answer(text)
    assert html_in(shown) == []
    assert shown_text(shown).replace("< ", "<") == text.replace("< ", "<")


@pytest.mark.parametrize(
    "text",
    [
        "a ```x " + "``b" * 20_000,
        "a " + " ".join("`" * length for length in range(1, 350)),
        "`$\\(" * 15_000,
        "a `" + "\n `` $" * 10_000,
        "a `" + "\n" * 60_000,
        "a " + "`" * 60_000 + "b",
        r"\boxed{" * 8_000,
        "    $$x$$\n\n" * 2_000,
        "- " * 20_000 + "```\n" + "> " * 20_000 + "~~~",
        "- ```\n" * 10_000,
    ],
    ids=["one length", "every length", "openings", "lines", "blank", "one run", "boxes", "set in", "deep", "many"],
)
def test_hostile_texts_take_no_more_than_a_moment(text):
    assert shown_text(render.answer(text)) == text


@pytest.mark.parametrize("code", ["`` `$x$` ``", "` ``$x$`` `", "``` a `` $x$ ` b ```", "`a\n$x$`", "`$x$\\`"])
def test_runs_of_other_lengths_do_not_end_inline_code(code):
    assert render.answer(f"so {code} and $y$") == f"so {code} and {render.MARK}$y${render.MARK}"


def test_inline_code_ends_with_its_paragraph():
    assert render.answer("`a\n \n$x$`") == f"`a\n \n{render.MARK}$x${render.MARK}`"


@given(TEXTS)
def test_no_picture_is_fetched(text):
    tokens = [inner for token in COMMONMARK.parse(render.answer(text)) for inner in token.children or []]
    assert "image" not in [token.type for token in tokens]


@given(TEXTS)
def test_a_copied_answer_is_what_the_model_wrote_but_for_spaces_in_formulas(text):
    written = text.replace("\r\n", "\n").replace("\r", "\n")
    assert shown_text(render.answer(text)).replace("< ", "<") == written.replace("< ", "<")


@pytest.mark.parametrize("text", ["<think>", "<script>alert(1)</script>", "<b>", "a <b", "`<b>`", "    <b>", "1 < 2"])
def test_tags_are_shown_as_text_wherever_they_stand(text):
    shown = COMMONMARK.render(render.answer(text)).replace(render.JOINER, "")
    assert text.strip().strip("`").replace("<", "&lt;").replace(">", "&gt;") in shown


def test_fenced_code_is_left_alone_even_half_streamed():
    text = 'Look:\n\n```go\nif a < b {\n\nx := 1;\tprint("<b>$x$</b>", `\\(y\\)`)\n}\n```\n'
    for length in range(len("Look:\n\n```go\n"), len(text) + 1):
        assert render.answer(text[:length]) == text[:length]


def test_tabs_in_code_are_kept_from_the_markdown_reader_that_would_expand_them():
    assert render.answer("```make\nall:\n\tcc\n  \tx\ty\n```") == (
        f"```make\nall:\n{render.JOINER}\tcc\n  {render.JOINER}\tx\ty\n```"
    )


def test_text_after_a_closed_fence_is_prose_again():
    assert render.answer("```\n<a>\n```\n<b>") == f"```\n<a>\n```\n<{render.JOINER}b>"


def test_a_longer_fence_holds_a_shorter_one():
    text = "````md\n```html\n<b>\n```\n````\n"
    assert render.answer(text) == text


def test_fences_in_a_list_are_code_until_the_list_may_have_ended():
    inside = "- do\n  ```html\n  <b>\n  ```\n"
    assert render.answer(inside) == inside
    assert html_in(render.answer("- do\n  ```html\n  <b>\n<script>")) == []


@pytest.mark.parametrize(
    "formula", ["$x$", "$a_1 + b^2$", "$$x$$", "$$\nx\n$$", "\\(x\\)", "\\(a \\times b\\)", "\\[x\\]", "\\[\nx\n\\]"]
)
def test_formulas_are_marked(formula):
    assert render.answer(f"so {formula}, yes") == f"so {render.MARK}{formula}{render.MARK}, yes"


@pytest.mark.parametrize(
    "text",
    [
        "between $5 and $10",
        "costs $5–$10",
        "`$x$`",
        "``a ` $x$``",
        "\\$x\\$",
        "$ x $",
        "$x\n\ny$",
        "\\(x",
        "$$ x",
        "```\n$x$\n```",
        "~~~\n\\(x\\)\n~~~",
        "from 25$ to more (25$, 30$), at most 110$",
        "20$-30$",
        "export PATH=$HOME/bin:$PATH",
        "$name/$other and $a,$b",
        "`\\begin{cases} x \\end{cases}`",
        "\\begin{cases} x",
        "\\begin{cases}\n\nx \\end{cases}",
    ],
)
def test_what_is_no_formula_is_left_as_text(text):
    assert render.answer(text) == text


@pytest.mark.parametrize("text", ["the $n$th one", "其中$x$是", "($x$)", "$x$-axis", "so $x=$ 5"])
def test_a_formula_may_stand_beside_words(text):
    assert render.answer(text).count(render.MARK) == 2


@pytest.mark.parametrize("name", ["aligned", "align*", "cases", "pmatrix"])
def test_an_environment_without_delimiters_is_a_formula(name):
    environment = rf"\begin{{{name}}} a &= 1 \\ b &= 2 \end{{{name}}}"
    shown = render.answer(f"so\n{environment}\nyes")
    assert shown == f"so\n{render.MARK}{render.BARE}{environment}{render.BARE}{render.MARK}\nyes"
    assert render.answer(rf"\[{environment}\]") == rf"{render.MARK}\[{environment}\]{render.MARK}"


def test_comparisons_in_formulas_make_no_tags():
    assert render.answer("$a<b$") == f"{render.MARK}$a< b${render.MARK}"


def test_every_mark_is_one_of_the_delimiters():
    left = [delimiter["left"] for delimiter in render.LATEX_DELIMITERS]
    for text in ("$x$", "$$x$$", "\\(x\\)", "\\[x\\]"):
        assert any(render.answer(text).startswith(str(sign)) for sign in left)


def test_control_characters_in_a_message_are_seen():
    assert render.message("a\x00\x1b[1mb") == "a\ufffd\ufffd&#0091;1mb"


def test_marks_in_the_text_itself_are_dropped():
    assert render.MARK not in render.answer(f"```\n{render.MARK}$<b>${render.MARK}\n```")


DRAWN = "```mermaid\ngraph TD\n```\n"


@pytest.mark.parametrize(
    "before", ["", "> ", "- ", "1. ", "* ", "+ ", "> > ", "- > ", "x", "$$\n", "a `b` ", "\\[\n> ", "    ", "````md\n"]
)
def test_a_mermaid_block_stays_code_wherever_a_fence_can_begin(before):
    for is_open in (False, True):
        shown = render.answer(before + DRAWN, is_open=is_open)
        assert "```mermaid" not in shown
        assert shown_text(shown) == before + DRAWN


def test_text_is_only_appended_to_while_prose_streams():
    text = "A <b>bold</b> word, `x < y`,\n\n```c\na < b;\n```\nand 1 < 2 <end"
    steps = [render.answer(text[:length]) for length in range(len(text) + 1)]
    assert all(after.startswith(before) for before, after in pairwise(steps))


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"], include_characters="\n\t", exclude_characters=MARKS)))
@example("1. one\n2. two")
@example("# no heading\n\n- no list\n    no code\n\n| a | b |\n|---|---|")
@example("  <b>&amp; *x* _y_ `z` [l](u) https://example.org www.example.org a@b.example\n\n\n---")
def test_a_message_is_one_literal_paragraph(text):
    """No emphasis, list, heading, table, link or line break is made of what a person typed."""
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(render.message(text))
    inline = [inner for token in tokens for inner in token.children or []]
    assert {token.type for token in tokens} <= {"paragraph_open", "inline", "paragraph_close"}
    assert {token.type for token in inline} <= {"text", "text_special"}
    if tokens:
        assert "".join(token.content for token in inline).rstrip() == text.rstrip()


@pytest.mark.parametrize("text", ["https://example.org/a", "see www.example.org", "mail ada@example.org"])
def test_addresses_in_a_message_are_not_turned_into_links(text):
    assert "://" not in render.message(text)
    assert "www." not in render.message(text)
    assert "@" not in render.message(text)


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        (r"so \boxed{42}, yes", r"$\boxed{42}$"),
        (r"so \boxed{\frac{1}{2}}, yes", r"$\boxed{\frac{1}{2}}$"),
        (r"so \boxed {x = \{1\}}, yes", r"$\boxed{x = \{1\}}$"),
        (r"so \boxed{$x^2$}, yes", r"$\boxed{x^2}$"),
        (r"so \boxed{It is 5% more}, yes", r"$\boxed{\text{It is 5\% more}}$"),
        (r"so \boxed{三分之一}, yes", r"$\boxed{\text{三分之一}}$"),
    ],
)
def test_a_boxed_answer_in_plain_text_is_a_formula(text, formula):
    assert render.answer(text) == f"so {render.MARK}{formula}{render.MARK}, yes"


def test_every_boxed_answer_is_shown_and_those_in_formulas_once():
    shown = render.answer(r"\boxed{1} and \boxed{2}, so $\boxed{3}$ and \[\boxed{4}\]")
    assert shown.count(render.MARK) == 8
    assert r"\[\boxed{4}\]" in shown


@pytest.mark.parametrize("text", [r"`\boxed{1}`", r"\boxed{1", "\\boxed{1\n\n}", "```\n\\boxed{1}\n```"])
def test_what_is_no_boxed_answer_is_left_as_text(text):
    assert render.answer(text) == text


FORMULAS = (
    r"Let $a_1 \cdot b_1$, so that \(x_1*x_2*y\) and"
    + "\n\n\\[\n\\sum_{k=1} a_k*b_k\n\\]\n\n$$e_1*e_2$$ is \\boxed{x_1}."
)


def test_a_formula_that_has_only_begun_is_shown_sign_by_sign():
    for length in range(len(FORMULAS)):
        html = COMMONMARK.render(render.answer(FORMULAS[:length], is_open=True))
        assert "<em>" not in re.sub(f"{render.MARK}.*?{render.MARK}", "", html, flags=re.DOTALL)


def test_once_it_is_complete_an_open_answer_looks_like_a_settled_one():
    assert render.answer(FORMULAS + " ", is_open=True) == render.answer(FORMULAS + " ")


@pytest.mark.parametrize("text", ["It costs $5, *really*", "Set $HOME_DIR and `A_B`", "\\(x\n\n*so*", "a\\\\[b] *c*"])
def test_what_only_looks_like_the_beginning_of_a_formula_stays_markdown(text):
    assert render.answer(text, is_open=True) == render.answer(text)


@given(TEXTS, st.integers(0, 80))
def test_no_tag_gets_through_while_an_answer_is_open(text, length):
    shown = render.answer(text[:length], is_open=True)
    assert html_in(shown) == []


IN_LISTS = ["- a\n  - b\n    ", "1. ", "- ", "> ", "- > ", "10. a\n\n    "]


@pytest.mark.parametrize("before", IN_LISTS)
@pytest.mark.parametrize("code", ["echo $HOME\\x", "echo $x$ and $y$", "\\begin{cases} x", "a <b> ![c](d)"])
def test_code_in_a_list_or_quotation_is_shown_as_written_while_it_streams_and_after(before, code):
    """Formulas and entities would be seen there; what keeps tags from beginning is not."""
    inner = re.sub(r"[-\d.]", " ", before.rsplit("\n", 1)[-1])
    text = f"{before}```sh\n{inner}{code}\n{inner}```\n"
    for length in range(len(before) + 6, len(text) + 1):
        shown = render.answer(text[:length], is_open=length < len(text))
        assert shown.replace(render.JOINER, "") == text[:length]
        assert html_in(shown) == []


def test_prose_after_code_in_a_list_has_formulas_again():
    text = "- a\n  - b\n\n    ```sh\n    $x$\n    ```\n    so $y$\n\n> ```\n> $x$\nso $z$"
    shown = render.answer(text)
    assert [found[1] for found in re.finditer(f"{render.MARK}(.*?){render.MARK}", shown)] == ["$y$", "$z$"]


@pytest.mark.parametrize("formula", ["\\[\n    x\n    \\]", "$$x$$", "\\begin{cases} x \\end{cases}"])
@pytest.mark.parametrize(
    ("before", "is_code"),
    [("so\n\n", True), ("- a\n\nso\n\n", True), ("- a\n\n", False), ("10. a\n\n    b\n\n", False)],
)
def test_a_formula_that_is_set_in_is_code_nowhere(formula, before, is_code):
    """A list goes on with what is set in; elsewhere a mark before the blanks keeps it from being code."""
    text = f"{before}    {formula}\n"
    mark = render.MARK * is_code
    assert render.answer(text).startswith(f"{before}{mark}    {render.MARK}")
    begun = render.answer(text[: text.index("x")], is_open=True)
    assert begun.startswith(f"{before}{mark}    ")
    assert "code" not in [token.type.removesuffix("_block") for token in COMMONMARK.parse(begun)]


def test_other_code_that_is_set_in_stays_as_it_is_written():
    text = "so\n\n    echo $HOME\\x"
    assert render.answer(text, is_open=True) == render.answer(text) == text


def test_an_environment_that_has_only_begun_is_shown_sign_by_sign():
    shown = render.answer("so\n\n\\begin{aligned} a_1 &= 1 \\\\ b_1", is_open=True)
    assert "_" not in shown
    assert shown_text(shown) == "so\n\n\\begin{aligned} a_1 &= 1 \\\\ b_1"
