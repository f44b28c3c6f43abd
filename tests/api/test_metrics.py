"""The figures in Prometheus' own form: read back with its parser, and reached on a page that serves already."""

import gradio as gr
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from deepseek_space.api.access.door import Door
from deepseek_space.api.metrics import install, metrics_text
from deepseek_space.figures import Figures, Histogram
from deepseek_space.keys import read_keys
from deepseek_space.status import Status

FIGURES = Figures(
    requests=7,
    rejected=2,
    errors=1,
    prompt_tokens=300,
    cached_tokens=120,
    generated_tokens=512,
    drafted_tokens=90,
    accepted_tokens=60,
    steps=400,
    time_to_first_token_s=Histogram(bounds=(0.1, 1.0), counts=(3, 2, 1), total=4.5),
    cache_bytes=1 << 20,
    kept_bytes=1 << 19,
    kept_limit_bytes=1 << 24,
    weight_bytes=1 << 28,
)


class Told:
    """A backend of which only the status is asked."""

    def __init__(self, **values):
        self._status = Status(**{"state": "ready", "model": "V2-Lite", "precision": "int8", "device": "cpu"} | values)

    def status(self):
        return self._status


def samples(text):
    return {
        (sample.name.removeprefix("deepseek_space_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples  # labels come sorted by name
    }


def test_every_figure_is_told_under_its_own_name():
    told = samples(metrics_text(Told(figures=FIGURES, active_requests=3, queued_requests=4)))
    assert told[("requests_total",)] == 7
    assert told[("requests_rejected_total",)] == 2
    assert told[("request_errors_total",)] == 1
    assert told[("prompt_tokens_total",)] == 300
    assert told[("cached_prompt_tokens_total",)] == 120
    assert told[("generated_tokens_total",)] == 512
    assert told[("drafted_tokens_total",)] == 90
    assert told[("accepted_tokens_total",)] == 60
    assert told[("engine_steps_total",)] == 400
    assert told[("running_requests",)] == 3
    assert told[("queued_requests",)] == 4
    assert told[("cache_bytes",)] == 1 << 20
    assert told[("kept_prefix_bytes",)] == 1 << 19
    assert told[("kept_prefix_limit_bytes",)] == 1 << 24
    assert told[("weight_bytes",)] == 1 << 28
    assert told[("model_info", "cpu", "V2-Lite", "int8")] == 1


def test_times_to_the_first_token_are_a_cumulative_histogram():
    told = samples(metrics_text(Told(figures=FIGURES)))
    name = "time_to_first_token_seconds"
    assert [told[(f"{name}_bucket", bound)] for bound in ("0.1", "1.0", "+Inf")] == [3, 5, 6]
    assert told[(f"{name}_count",)] == 6
    assert told[(f"{name}_sum",)] == 4.5


@pytest.mark.parametrize(("state", "ready"), [("loading", 0), ("failed", 0), ("ready", 1)])
def test_a_backend_without_figures_tells_what_it_knows(state, ready):
    told = samples(metrics_text(Told(state=state)))
    assert told[("model_ready",)] == ready
    assert ("requests_total",) not in told


def test_a_model_name_may_hold_any_character():
    name = 'a "quoted"\\path\nmodel'
    assert samples(metrics_text(Told(model=name)))[("model_info", "cpu", name, "int8")] == 1


@pytest.fixture
def serve():
    pages = []

    def serve(**options):
        with gr.Blocks(analytics_enabled=False) as page:
            gr.Markdown("hello")
        pages.append(page)
        launched = page.launch(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1", ssr_mode=False, **options)
        return launched[0], page.local_url.rstrip("/")

    yield serve
    for page in pages:
        page.close()


def test_a_page_that_serves_already_gets_the_route(serve):
    app, url = serve()
    assert httpx.get(f"{url}/metrics").status_code == 404
    install(app, Told(figures=FIGURES))
    answer = httpx.get(f"{url}/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert samples(answer.text)[("requests_total",)] == 7
    assert "hello" in httpx.get(url).text


def test_behind_a_password_the_figures_ask_for_it_too(serve):
    app, url = serve(auth=("ann", "päss"))
    install(app, Told(figures=FIGURES), door=Door(read_keys(password="ann:päss")))
    assert httpx.get(f"{url}/metrics").status_code == 401
    assert httpx.get(f"{url}/metrics", auth=("ann", "wrong")).status_code == 401
    assert httpx.get(f"{url}/metrics", auth=("ann", "päss")).status_code == 200
