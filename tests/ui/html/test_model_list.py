import re
from dataclasses import replace

from deepseek_space.status import Choice
from deepseek_space.ui.html.model_list import counts, model_list

R1 = Choice(
    name="r1-7b",
    title="R1 7B",
    group="R1 distilled",
    verdict="fits",
    reason="Takes 10.2 GB of the 23.1 GB that a model can have (RAM).",
    precision="int8",
    memory_bytes=10 * 2**30,
    disk_bytes=15_200_000_000,
    is_on_disk=False,
    licence="MIT",
    strengths="Mathematics.",
)
R1_SMALL = replace(R1, name="r1-1b", title="R1 1B", memory_bytes=2**30, is_on_disk=True)
R1_WIDE = replace(R1, name="r1-32b", title="R1 32B", verdict="offload", reason="9.7 GB beside the GPU.")
V3 = replace(R1, name="v3", title="V3", group="V3", verdict="no", reason="Needs 360 GB.", strengths="General chat.")
MATH = replace(R1, name="math", title="Math 7B", group="Math", disk_bytes=0)
ALL = (V3, R1_WIDE, R1_SMALL, MATH, R1)


def names(html):
    return re.findall(r'value="([^"]*)"', html)


def groups(html):
    return re.findall(r"<h3>([^<]*)</h3>", html)


def test_groups_with_something_that_fits_come_first_and_what_fits_in_each():
    html = model_list(ALL)
    assert groups(html) == ["R1 distilled", "Math", "V3"]
    assert names(html) == ["r1-1b", "r1-7b", "r1-32b", "math", "v3"]


def test_a_card_tells_size_memory_precision_licence_and_strengths():
    html = model_list([R1])
    for words in (
        "R1 7B",
        "15.2 GB to fetch",
        "10.7 GB in memory",
        ">int8<",
        "MIT",
        "Mathematics.",
        ">Fits<",
        R1.reason,
    ):
        assert words in html


def test_verdicts_have_words_and_reasons():
    for choice, word in ((R1_WIDE, "With offload"), (V3, "Does not fit")):
        html = model_list([choice])
        assert f">{word}<" in html
        assert choice.reason in html


def test_what_need_not_be_fetched_says_so_and_an_unknown_size_is_not_zero():
    assert "On this disk" in model_list([R1_SMALL])
    assert "size not published" in model_list([MATH])


def test_filters_count_what_they_let_through():
    assert counts(ALL) == [("Fits here 4", "fits"), ("On this disk 1", "disk"), ("All 5", "all")]
    (only,) = {choice.title for choice in ALL if choice.is_on_disk}
    assert [label for label, _ in counts(ALL, only.lower())] == ["Fits here 1", "On this disk 1", "All 1"]
    assert [label for label, _ in counts(ALL, "no such model")] == ["Fits here 0", "On this disk 0", "All 0"]
    assert names(model_list(ALL, shown="disk")) == ["r1-1b"]
    assert "v3" not in names(model_list(ALL, shown="fits"))


def test_all_words_must_be_found_somewhere():
    assert names(model_list(ALL, query="general CHAT")) == ["v3"]
    assert names(model_list(ALL, query="r1 general")) == []
    assert "Show all" in model_list(ALL, query="nothing like it")


def test_only_the_picked_one_is_checked():
    html = model_list(ALL, picked="math")
    assert html.count(" checked") == 1
    assert 'value="math" checked' in html


def test_html_in_names_is_text():
    evil = '"><img src=x onerror=alert(1)>'
    choice = replace(R1, name=evil, title=evil, group=evil, reason=evil, licence=evil, strengths=evil, precision=evil)
    assert "<img" not in model_list([choice], picked=evil)
