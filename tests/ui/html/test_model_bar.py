import json
from dataclasses import replace
from html import unescape

from deepseek_space.events import Loading
from deepseek_space.status import Status
from deepseek_space.types import Sampling
from deepseek_space.ui.html.model_bar import about, model_line, warning_notes
from deepseek_space.ui.html.pace import Pace

PROGRESS = Loading(stage="Fetching", done=12_000_000, total=98_000_000)
READY = Status(
    state="ready",
    model="R1",
    precision="bf16",
    device="cuda:0",
    note="Distilled.",
    memory_bytes=3 * 2**30,
    context_tokens=8192,
    is_deepseek=True,
)


def test_it_says_which_model_answers_and_how():
    line = model_line(READY)
    for word in ("R1", "bf16", "Distilled.", 'data-state="ready"'):
        assert word in line
    assert "<progress" not in line


def test_of_a_model_that_cannot_be_changed_all_that_is_known_unfolds():
    known = about(replace(READY, note="<b>Distilled</b>."))
    for word in ("R1", "bf16", "cuda:0", "&lt;b&gt;Distilled", "3.2 GB", "8,192 tokens"):
        assert word in known
    assert "<dl" not in about(Status(state="loading", model="R1"))


def test_while_loading_it_shows_the_stage_and_a_bar():
    line = model_line(Status(state="loading", model="R1", progress=PROGRESS))
    assert "Fetching: 12 of 98 MB" in line
    assert 'value="12000000" max="98000000"' in line
    assert "answers meanwhile" not in line


def test_rate_and_time_left_stand_beside_the_progress():
    pace = Pace().after(PROGRESS, 0).after(Loading(stage="Fetching", done=14_000_000, total=98_000_000), 2)
    line = model_line(Status(state="loading", model="R1", progress=PROGRESS), pace)
    assert "12 of 98 MB · 1.0 MB/s, 1 min left" in line


def test_the_old_model_goes_on_answering_while_another_comes():
    line = model_line(Status(state="ready", model="R1", loading_model="V3", progress=PROGRESS))
    assert ">R1<" in line
    assert "answers meanwhile" in line
    assert 'data-state="ready"' in line


def test_a_new_model_that_waits_for_the_old_one_s_answers_does_not_claim_to_be_the_old_one():
    leaving = Loading(stage="Waiting for the last answers of R1")
    line = model_line(Status(state="ready", model="V3", loading_model="V3", progress=leaving))
    assert "Waiting for the last answers of R1" in line
    assert "meanwhile" not in line


def test_a_failure_is_said_in_its_own_words():
    line = model_line(Status(state="failed", model="R1", error="No space left.", note="Hello"))
    assert "No space left." in line
    assert "Hello" not in line


def test_what_answers_keeps_its_note_when_another_could_not_be_loaded():
    line = model_line(Status(state="ready", model="R1", error="No space left.", note="Distilled.", is_deepseek=True))
    assert line.index(">Distilled.<") < line.index(">Not loaded: No space left.<")
    assert "ds-problem" in line


def test_the_precision_stands_right_after_the_name():
    line = model_line(READY)
    assert line.index(">R1<") < line.index("bf16") < line.index("Distilled.")


def test_the_page_is_told_the_model_s_own_parameters():
    line = model_line(Status(state="ready", model="R1", sampling=Sampling(temperature=0.6)))
    own = json.loads(unescape(line.split('data-own="')[1].split('"')[0]))
    assert own["temperature"] == 0.6
    assert "seed" not in own


def test_a_model_that_deepseek_did_not_make_is_called_so_whatever_else_is_said():
    note = "Not a DeepSeek model: a very small stand-in."
    starter = Status(state="ready", model="S", note=note)
    for status in (starter, replace(starter, progress=PROGRESS, loading_model="V3"), replace(starter, error="No Hub.")):
        line = model_line(status)
        assert '">Not a DeepSeek model</span>' in line
        assert "a very small stand-in" not in line.split(">Not a DeepSeek model<")[1]
    assert ">Not loaded: No Hub.<" in model_line(replace(starter, error="No Hub."))
    assert "ds-gist" not in model_line(replace(starter, is_deepseek=True))


def test_a_model_that_is_still_being_chosen_has_no_name():
    line = model_line(Status(state="loading", model="auto", loading_model="auto", progress=PROGRESS))
    assert ">Choosing a model<" in line
    assert ">No model<" in model_line(Status(state="failed", model="auto", error="No space left."))
    assert "auto" not in line


def test_without_a_model_it_says_what_to_do():
    line = model_line(Status(state="empty", model="auto"))
    assert "No model" in line
    assert "Choose a model" in line
    assert "auto" not in line


def test_warnings_are_one_click_away():
    assert warning_notes(READY) == ""
    notes = warning_notes(Status(state="ready", model="R1", warnings=("Loops when greedy.", "<b>Slow</b>.")))
    assert 'popovertarget="ds-warnings">2 notes<' in notes
    assert 'id="ds-warnings"' in notes
    assert "Loops when greedy." in notes
    assert "&lt;b&gt;Slow&lt;/b&gt;." in notes


def test_names_are_shown_and_never_run():
    progress = Loading(stage='"<u>', done=1, total=2)
    for status in (
        Status(state="ready", model="<script>", note='"<img>', precision="<b>", device="<i>"),
        Status(state="ready", model="<script>", loading_model="<img>", progress=progress),
        Status(state="failed", model="<script>", error='"<img>'),
    ):
        line = model_line(status)
        assert not any(tag in line for tag in ("<script>", "<img>", "<b>", "<i>", "<u>", '"&lt;img&gt;"', '""'))
