"""The bar shows the shares, the table the figures."""

import re

from deepseek_space.chat.context.context_use import ContextUse
from deepseek_space.ui.html.context_meter import meter

USE = ContextUse(context_tokens=8000, system=80, history=1000, documents=2000, question=0, room=2000)


def widths(html):
    return {name: float(width) for name, width in re.findall(r'"ds-meter-(\w+)" style="width: ([\d.]+)%', html)}


def test_each_part_takes_its_share_of_the_bar():
    assert widths(meter(USE)) == {"system": 1.0, "history": 12.5, "documents": 25.0, "room": 25.0}


def test_the_figures_are_there_in_words():
    html = meter(USE)
    assert "3,080 of 8,000 tokens" in html
    rows = dict(re.findall(r"([\w ]+)</th><td>([\d,]+)</td>", html))
    assert rows == {
        "System prompt": "80",
        "Earlier turns": "1,000",
        "Documents": "2,000",
        "This message": "0",
        "Kept for the answer": "2,000",
        "Free": "2,920",
    }
    assert "is-over" not in html


def test_too_much_fills_the_bar_and_says_by_how_much():
    html = meter(ContextUse(context_tokens=1000, system=0, history=0, documents=2800, question=100, room=100))
    assert round(sum(widths(html).values())) == 100
    assert "is-over" in html
    assert "Too much</th><td>2,000</td>" in html


def test_without_a_model_there_is_no_bar():
    assert meter(ContextUse(context_tokens=0, system=0, history=0, documents=0, question=5, room=0)) == ""


def test_a_room_too_narrow_to_be_seen_is_in_the_table_alone():
    html = meter(ContextUse(context_tokens=100_000, system=0, history=0, documents=0, question=5, room=1024))
    assert "room" not in widths(html)
    assert "<td>1,024</td>" in html
