import json
import re
import urllib.request
from dataclasses import replace

import gradio as gr
import pytest

from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.events import Loading
from deepseek_space.settings import read_settings
from deepseek_space.status import Status
from deepseek_space.types import Sampling
from deepseek_space.ui.app import build_app, launch_options
from deepseek_space.ui.assets import ASSETS
from deepseek_space.ui.header import LOADING_REFRESH_S, READY_REFRESH_S

SETTINGS = read_settings([], {})


def events(app, *, named=None):
    return [fn for fn in app.fns.values() if named is None or fn.name == named]


class Scripted(ScriptedBackend):
    def __init__(self, *statuses):
        super().__init__()
        self.statuses = list(statuses)

    def status(self):
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]


def refresher(*statuses):
    backend = Scripted(statuses[0])
    app = build_app(backend, settings=SETTINGS)
    backend.statuses = list(statuses)  # however often the building asks
    event = events(app, named="refresh")[0]
    values = {part: getattr(part, "value", None) for part in event.inputs}
    parts = {part.elem_id or type(part).__name__: part for part in [*event.inputs, *event.outputs]}

    def refresh():
        update = event.fn(values)
        values.update((part, update[part]) for part in values if part in update)
        return {name: update[part] for name, part in parts.items() if part in update}

    return refresh, lambda name, value: values.__setitem__(parts[name], value)


LOADING = Status(state="loading", model="m", progress=Loading(stage="Fetching", done=1, total=4))
READY = Status(state="ready", model="m", sampling=Sampling(temperature=0.6, top_k=40))


class TestRefresh:
    def test_it_is_quick_while_loading_and_slow_when_ready(self):
        refresh, _ = refresher(LOADING, READY)
        assert refresh()["Timer"].value == LOADING_REFRESH_S
        assert refresh()["Timer"].value == READY_REFRESH_S

    def test_it_is_quick_while_another_model_comes_and_soon_notices_what_others_do(self):
        coming = replace(READY, loading_model="n", progress=LOADING.progress)
        refresh, _ = refresher(READY, coming, READY)
        assert refresh()["Timer"].value == READY_REFRESH_S <= 5
        assert refresh()["Timer"].value == LOADING_REFRESH_S
        assert refresh()["Timer"].value == READY_REFRESH_S

    def test_warnings_stay_unfolded_while_the_line_changes(self):
        warned = replace(READY, warnings=("Beware.",))
        refresh, _ = refresher(warned, replace(warned, memory_bytes=2**31))
        assert "Beware." in refresh()["model-warnings"]
        assert "model-warnings" not in refresh()

    def test_an_unchanged_status_sends_nothing(self):
        refresh, _ = refresher(READY)
        assert "status-line" in refresh()
        assert refresh() == {}

    def test_the_model_s_own_parameters_are_shown_once_it_is_ready(self):
        refresh, _ = refresher(LOADING, READY)
        assert "temperature" not in refresh()
        second = refresh()
        assert (second["temperature"], second["top-k"]) == (0.6, 40)

    def test_what_the_reader_changed_is_left_alone(self):
        refresh, change = refresher(LOADING, READY)
        refresh()
        change("temperature", 1.5)
        second = refresh()
        assert "temperature" not in second
        assert second["top-k"] == 40


def test_no_plumbing_is_public_and_all_generation_shares_one_queue():
    app = build_app(ScriptedBackend(), settings=SETTINGS)
    public = {fn.api_name for fn in events(app) if fn.api_visibility == "public"}
    assert public == {"chat", "code", "edit", "complete", "status"}
    generating = [fn for fn in events(app) if fn.types_generator and fn.concurrency_id == "generation"]
    # Write code, the four endpoints, and what the page's scripts ask for in eight groups, by what they need.
    assert len(generating) == 5 + 8
    assert all(fn.queue and fn.concurrency_limit > 64 for fn in generating)


def test_a_field_that_the_browser_has_yet_to_build_is_empty_and_not_nothing():
    fields = [
        part for part in build_app(ScriptedBackend(), settings=SETTINGS).blocks.values() if isinstance(part, gr.Textbox)
    ]
    assert len(fields) > 10
    assert {field.value for field in fields} == {""}


def test_nothing_is_recorded_or_sent_elsewhere():
    assert launch_options(SETTINGS)["run_history"] is False
    assert "share" not in launch_options(SETTINGS)
    assert build_app(ScriptedBackend(), settings=SETTINGS).analytics_enabled is False


@pytest.mark.parametrize(("max_upload", "most_bytes"), [("32", 32 * 2**20), ("0", 1)])
def test_no_file_is_taken_in_that_is_larger_than_can_be_attached(max_upload, most_bytes):
    settings = read_settings(["--max-upload", max_upload], {})
    assert launch_options(settings)["max_file_size"] == most_bytes


def test_the_page_asks_nothing_of_other_hosts(url):
    page = urllib.request.urlopen(url).read().decode()
    style = "".join(file.read_text() for file in ASSETS.glob("*.css"))
    assert not re.findall(r'url\((?!"data:)|@import', style)
    config = json.loads(urllib.request.urlopen(url + "config").read())
    assert "googleapis" not in json.dumps(config.get("stylesheets", []))
    assert config["title"] == "DeepSeek Space"
    assert page
