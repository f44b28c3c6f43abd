import pytest

from deepseek_space.types import Loading, Status
from deepseek_space.ui.model_bar import model_line, progress_text


def test_it_says_which_model_answers_how_and_where():
    line = model_line(Status(state="ready", model="R1", precision="bf16", device="cuda:0", note="Distilled."))
    for word in ("R1", "bf16", "cuda:0", "Distilled.", 'data-state="ready"'):
        assert word in line
    assert "<progress" not in line


def test_while_loading_it_shows_the_stage_and_a_bar():
    progress = Loading(stage="Fetching", done=12_000_000, total=98_000_000)
    line = model_line(Status(state="loading", model="R1", progress=progress))
    assert "Fetching: 12 of 98 MB" in line
    assert 'value="12000000" max="98000000"' in line


def test_a_failure_is_said_in_its_own_words():
    assert "No space left" in model_line(Status(state="failed", model="R1", error="No space left.", note="Hello"))


def test_names_are_shown_and_never_run():
    line = model_line(Status(state="ready", model="<script>", note="<img>", precision="<b>", device="<i>"))
    assert not any(tag in line for tag in ("<script>", "<img>", "<b>", "<i>"))


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (Loading(stage="Reading"), "Reading"),
        (Loading(stage="Reading", done=1, total=3, unit="shards"), "Reading: 1 of 3 shards"),
        (Loading(stage="Reading", done=5, total=900), "Reading: 5 of 900 B"),
        (Loading(stage="Reading", done=1_500_000_000, total=3_600_000_000), "Reading: 1.5 of 3.6 GB"),
        (Loading(stage="Reading", done=0, total=700 * 10**12), "Reading: 0 of 700 TB"),
    ],
)
def test_progress_has_units(progress, text):
    assert progress_text(progress) == text
