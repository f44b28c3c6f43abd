"""A chat as one file: what it shows, and that it can do nothing."""

import re

import pytest

from deepseek_space.chat.turns.turn import Turn
from deepseek_space.ui.html.chat_page import chat_page, markdown


def tags(html):
    return set(re.findall(r"<([a-z]+)", html))


def test_it_has_what_was_said_in_order_and_nothing_that_runs_or_is_fetched():
    turns = (
        Turn(question="Why <b>?\n  so", reasoning="Hm *x*", thinking_s=2.0, answer="Because.", state="done"),
        Turn(question="And?", answer="", state="failed", error="It broke <off>."),
    )
    page = chat_page('T <script>"', turns)
    assert page.startswith("<!doctype html>")
    assert "<title>T &lt;script&gt;&quot;</title>" in page
    assert "Why &lt;b&gt;?\n  so" in page
    assert "<summary>Thoughts · 2.0 s</summary>" in page
    assert "It broke &lt;off&gt;." in page
    assert "default-src 'none'" in page
    assert tags(page).isdisjoint({"script", "img", "link", "iframe", "b", "object"})
    order = [page.index(text) for text in ("Why", "Hm", "Because.", "And?", "It broke")]
    assert order == sorted(order)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "[a](data:text/html,x)",
        "![p](https://example.org/p.png)",
        r"$\href{javascript:alert(1)}{x}$",
        r"$\style{background:url(https://example.org)}{x}$",
        "$<img src=x>$",
        "```html\n<script>alert(1)</script>\n```",
        '```"><script>\nx\n```',
    ],
)
def test_nothing_in_an_answer_becomes_an_element_that_acts(text):
    html = markdown(text)
    assert tags(html).isdisjoint({"script", "img"})
    assert not re.search(r'href="(?!https:)|<[^>]* (?:src|on\w+|style)=', html)


def test_formulas_are_drawn_by_the_browser_and_those_that_cannot_be_read_are_shown_as_written():
    html = markdown(
        "so $x<y$\n\n\\[\n\\frac{a}{b}\n\\]\n\n\\begin{aligned} a &= 1 \\\\ b &= 2 \\end{aligned}\n\n$\\frac{$ $5"
    )
    assert html.count("<math") == 3
    assert "<mfrac>" in html
    assert html.count("<mtr>") == 2
    assert "&</" not in html
    assert markdown("    $$x$$").count("<math") == 1


def test_code_is_coloured_and_tasks_and_tables_are_drawn():
    html = markdown(
        "```python\ndef f(): pass\n\tx\n```\n\n- [x] done\n- [ ] open\n\n| a |\n|---|\n| b |\n\n```mermaid\ngraph\n```"
    )
    assert '<span class="k">def</span>' in html
    assert "\tx" in html.replace('<span class="w">', "").replace("</span>", "").replace('<span class="n">', "")
    assert html.count('<input type="checkbox" disabled') == 2
    assert html.count(" checked") == 1
    assert "<td>b</td>" in html
    assert 'class="language-mermaid"' in html


def test_text_runs_as_its_letters_do():
    assert '<p dir="auto">' in markdown("مرحبا")


def test_what_keeps_text_from_being_markdown_is_not_in_the_file():
    assert not re.search("[\u2060\u2063\u2064\ue000\ue001]", markdown("a <b> ![x](y) $z$ `<i>`\n\n```\n\tx\n```"))
