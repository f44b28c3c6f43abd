"""The picker's handlers over the scripted backend, and that there are none where the model is fixed."""

import gradio as gr
import pytest

from deepseek_space.backends.base import ModelHost
from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.events import Loading
from deepseek_space.settings import read_settings
from deepseek_space.status import Quantisation, Status
from deepseek_space.ui.app import build_app
from deepseek_space.ui.html.model_change import change_text, now_text
from deepseek_space.ui.html.pace import STANDING
from deepseek_space.ui.parts.model_picker import build_model_picker
from deepseek_space.ui.parts.precision_choices import precisions

PLUMBING = {"on_open", "on_filter", "on_pick", "on_load", "on_cancel", "on_unload"}


class Fixed:
    """A backend with one model, such as a remote server."""

    def __init__(self):
        self._backend = ScriptedBackend()
        self.start, self.stream, self.status = self._backend.start, self._backend.stream, self._backend.status
        self.close = self._backend.close


def handlers_and_elements(backend, *flags):
    app = build_app(backend, settings=read_settings(list(flags), {}))
    return {fn.name for fn in app.fns.values()}, {getattr(block, "elem_id", None) for block in app.blocks.values()}


def test_where_the_model_can_be_changed_there_is_a_picker():
    handlers, elements = handlers_and_elements(ScriptedBackend())
    assert handlers >= PLUMBING
    assert {"models", "model-load"} <= elements


@pytest.mark.parametrize(("backend", "flags"), [(ScriptedBackend, ["--pin-model"]), (Fixed, [])])
def test_where_it_cannot_there_is_no_picker_and_nothing_to_call(backend, flags):
    assert isinstance(backend(), ModelHost) == (backend is ScriptedBackend)
    handlers, elements = handlers_and_elements(backend(), *flags)
    assert not handlers & PLUMBING
    assert not {"models", "model-load", "model-name"} & elements


OPEN_SPACE = {"SPACE_ID": "a/b", "DEEPSEEK_SPACE_PIN_MODEL": "0"}


@pytest.mark.parametrize(
    ("flags", "environ", "offered"),
    [([], {}, True), (["--host", "0.0.0.0"], {}, False), (["--share"], {}, False), ([], OPEN_SPACE, False)],
)
def test_files_are_offered_only_to_people_on_this_machine(flags, environ, offered):
    app = build_app(ScriptedBackend(), settings=read_settings(flags, environ))
    field = next(block for block in app.blocks.values() if getattr(block, "elem_id", None) == "model-name")
    assert ("GGUF" in field.placeholder) == offered


@pytest.fixture
def picker():
    with gr.Blocks():
        return build_model_picker(ScriptedBackend(), local_paths=True)


def values(picker, **written):
    known = {
        "search": "",
        "shown": "fits",
        "choices": picker.host.choices(),
        "model": "",
        "asked": "",
        "precision": "auto",
    }
    return {getattr(picker, name): value for name, value in {**known, **written}.items()}


def test_opening_asks_what_fits_now(picker):
    update = picker.on_open(values(picker))
    assert "r1-tiny" in update[picker.listing]
    assert "r1-large" not in update[picker.listing]


def test_picking_fills_the_field_and_tells_what_automatic_means(picker):
    update = picker.on_pick(values(picker), gr.EventData(None, {"model": "r1-tiny"}))
    assert update[picker.model] == "r1-tiny"
    assert update[picker.precision].choices[0] == ("Automatic: int8 here", "auto")


def test_a_pick_that_is_not_in_the_list_does_nothing(picker):
    assert picker.on_pick(values(picker), gr.EventData(None, {"model": "made up"})) == gr.skip()


@pytest.mark.parametrize(
    ("name", "said"),
    [("r1-tiny", "Takes 2.9 GB"), ("r1-large", "does not fit here"), ("made <up>", "no model"), (" ", "")],
)
def test_a_name_that_is_written_is_judged_before_it_is_loaded(picker, name, said):
    update = picker.on_fit(values(picker, model=name))
    assert said in update[picker.fit]
    assert "<up>" not in update[picker.fit]
    assert not picker.host.status().loading_model
    assert update[picker.cannot] is (name != "r1-tiny")
    assert update[picker.load].interactive is (name == "r1-tiny")


def test_a_nearest_name_can_be_clicked_and_the_name_that_was_written_cannot(picker):
    said = picker.on_fit(values(picker, model="r1-tinny"))[picker.fit]
    assert '<button type="button" class="ds-meant" value="r1-tiny">r1-tiny</button>' in said
    assert 'value="r1-large"' not in picker.on_fit(values(picker, model="r1-large"))[picker.fit]


def test_another_name_is_not_judged_by_the_last_one(picker):
    assert picker.on_write(values(picker, model="r1-tin"))[picker.cannot] is False
    assert picker.on_write(values(picker))[picker.load].interactive is False
    picker.on_load(values(picker, model="r1-tiny"))
    assert picker.on_write(values(picker, model="r1-tin"))[picker.load].interactive is False


@pytest.mark.parametrize(
    ("name", "automatic"),
    [("coder-tiny", "Automatic: int8 here"), ("r1-large", "Automatic"), ("somebody/else", "Automatic")],
)
def test_what_automatic_means_is_told_of_the_model_that_is_named_now(picker, name, automatic):
    named = values(picker, model=name)
    for update in (picker.on_write(named), picker.on_fit(named)):
        assert update[picker.precision].choices[0] == (automatic, "auto")


def test_why_a_load_failed_is_shown_for_that_name_and_not_for_the_next(picker):
    asked = picker.on_load(values(picker, model="r1-large"))[picker.asked]
    status = picker.host.status()
    picked = picker.on_pick(values(picker, asked=asked), gr.EventData(None, {"model": "r1-tiny"}))
    assert "does not fit" not in picked[picker.coming]
    for name, is_shown in (("r1-large", True), ("r1-tin", False), ("", True)):
        named = {**values(picker, model=name, asked=asked), picker.cannot: False}
        for update in (picker.on_write(named), picker.follow(named, status, STANDING)):
            assert ("does not fit" in update[picker.coming]) is is_shown


def test_load_begins_at_the_precision_chosen(picker):
    picker.host.load("r1-tiny", precision="auto")
    picker.on_cancel()
    picker.on_load(values(picker, model="  coder-tiny ", precision="nf4"))
    assert picker.host.status().loading_model == "Coder in name only, tiny"


@pytest.mark.parametrize(("name", "said"), [(" ", "Choose a model"), ("x" * 5000, "5,000 characters")])
def test_a_name_that_is_none_is_refused(picker, name, said):
    with pytest.raises(gr.Error, match=said):
        picker.on_load(values(picker, model=name))


def test_a_second_load_is_refused_while_the_first_goes_on(picker):
    picker.on_load(values(picker, model="r1-tiny"))
    assert "being loaded already" in picker.on_load(values(picker, model="math-small"))[picker.fit]
    with pytest.raises(gr.Error, match="being loaded already"):
        picker.on_unload()


def test_the_verdict_goes_when_a_load_begins_so_that_nothing_is_said_twice(picker):
    assert picker.on_load(values(picker, model="r1-tiny")) == {picker.fit: "", picker.asked: "r1-tiny"}


def test_buttons_follow_the_state(picker):
    def shown(status, cannot=False):
        update = picker.follow({**values(picker), picker.cannot: cannot}, status, STANDING)
        return update[picker.cancel].visible, update[picker.unload].visible, update[picker.load].interactive

    progress = Loading(stage="Fetching")
    assert shown(Status(state="ready", model="a")) == (False, True, True)
    assert shown(Status(state="ready", model="a", loading_model="b", progress=progress)) == (True, False, False)
    assert shown(Status(state="empty", model="a")) == (False, False, True)
    assert shown(Status(state="empty", model="a"), cannot=True) == (False, False, False)


def test_html_from_elsewhere_is_text():
    status = Status(
        state="ready",
        model="<img>",
        device="<img>",
        precision="<img>",
        loading_model="<img>",
        progress=Loading(stage="<img>", done=1, total=2),
        error="<img>",
    )
    assert "<img>" not in now_text(status) + change_text(status, STANDING)


class Quantised(ScriptedBackend):
    """A backend that knows one GGUF repository."""

    loaded = ()

    def quantisations(self, model):
        if not model.startswith("a/B-GGUF"):
            return ()
        return tuple(
            Quantisation(
                name=f"a/B-GGUF:{label}",
                label=label,
                verdict=verdict,
                reason="So it fits.",
                quality="as good as that",
                disk_bytes=size,
                is_on_disk=label == "Q4_K_M",
                is_named=(model.partition(":")[2] or "Q4_K_M") == label,
            )
            for label, verdict, size in (("Q4_K_M", "fits", 10**9), ("F16", "no", 4 * 10**9))
        )

    def load(self, model, *, precision="auto"):
        self.loaded = (model, precision)


def test_for_a_gguf_repository_the_precisions_are_its_quantisations():
    with gr.Blocks():
        picker = build_model_picker(Quantised(), local_paths=True)
    update = picker.on_fit(values(picker, model="a/B-GGUF"))
    offered = update[picker.precision]
    assert offered.choices == [
        ("Q4_K_M · 1.0 GB · On this disk · Fits · as good as that", "a/B-GGUF:Q4_K_M"),
        ("F16 · 4.0 GB · Does not fit · as good as that", "a/B-GGUF:F16"),
    ]
    assert (offered.value, update[picker.cannot]) == ("a/B-GGUF:Q4_K_M", False)
    assert "At Q4_K_M: So it fits." in update[picker.fit]
    assert picker.on_fit(values(picker, model="a/B-GGUF:F16"))[picker.cannot]
    for written, loaded in (("a/b-gguf", "a/B-GGUF:Q4_K_M"), ("a/B-GGUF:F16", "a/B-GGUF:F16"), ("r1-tiny", "r1-tiny")):
        named = values(picker, model=written, precision="a/B-GGUF:Q4_K_M")
        picker.on_load(named)
        assert picker.host.loaded == (loaded, "auto")
        assert picker.on_write(named)[picker.precision].value == "auto"


def test_every_precision_has_its_words():
    assert [value for _, value in precisions()] == ["auto", "fp32", "bf16", "fp16", "int8", "nf4", "fp4"]
