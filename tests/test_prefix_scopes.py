"""Two visitors of one app: neither the figures of the page nor those of /v1 tell one what the other has sent."""

from concurrent.futures import ThreadPoolExecutor

import openai
import pytest
from gradio_client import Client

from deepseek_space.api import routes
from deepseek_space.commands.composition import make_backend
from deepseek_space.settings import read_settings
from deepseek_space.ui.app import build_app, launch_options
from tiny_checkpoints import save_checkpoint

SECRET = "The number of the safe is 4711, and nobody but us may know."
KNOWN = 30  # tokens that the secret has at least
GREEDY = {"temperature": 0, "max_new_tokens": 2}


def opened(folder, host):
    settings = read_settings(["--model", str(folder), "--device", "cpu", "--host", host], {"HOME": str(folder)})
    backend = make_backend(settings)
    page = build_app(backend, settings=settings)
    server, url, _ = page.launch(server_name="127.0.0.1", prevent_thread_lock=True, **launch_options(settings))
    routes.install(server, backend)
    backend.start()
    backend.wait()
    return backend, page, url


@pytest.fixture(scope="module", params=["0.0.0.0", "127.0.0.1"], ids=["open", "private"])
def app(request, tmp_path_factory):
    """Return an app that others can reach, or not; its backend and its address."""
    folder = save_checkpoint(tmp_path_factory.mktemp("model"))
    backend, page, url = opened(folder, request.param)
    yield request.param == "127.0.0.1", backend, url
    page.close()
    backend.close()


def cached_by(backend, send):
    before = backend.status().figures.cached_tokens
    send()
    return backend.status().figures.cached_tokens - before


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [("/chat", {"message": SECRET}), ("/code", {"task": SECRET}), ("/complete", {"prefix": SECRET})],
)
def test_what_one_visitor_sent_is_read_anew_for_the_next_and_kept_for_the_same(app, endpoint, message):
    is_private, backend, url = app
    ann, bob = (Client(url, verbose=False) for _ in range(2))
    first, again, guess = (
        cached_by(backend, lambda who=who: who.predict(**message, **GREEDY, api_name=endpoint))
        for who in (ann, ann, bob)
    )
    assert first < KNOWN
    assert again > KNOWN
    assert (guess > KNOWN) == is_private
    assert is_private or guess == 0


def test_what_one_client_sent_over_v1_is_read_anew_for_the_next(app):
    is_private, _, url = app

    def cached(**options):
        with openai.OpenAI(base_url=f"{url}v1", api_key="none", max_retries=0) as client:
            reply = client.chat.completions.create(
                model="", messages=[{"role": "user", "content": f"v1: {SECRET}"}], max_tokens=2, **options
            )
        return reply.usage.prompt_tokens_details.cached_tokens

    assert cached() == 0
    assert (cached() > KNOWN) == is_private
    salted = {"extra_body": {"cache_salt": "mine"}}
    assert (cached(**salted) > KNOWN) == is_private
    assert cached(**salted) > KNOWN


@pytest.mark.parametrize("app", ["0.0.0.0"], indirect=True, ids=["open"])
def test_prompts_that_are_read_at_the_same_time_lend_each_other_nothing_either(app):
    _, backend, url = app
    visitors = [Client(url, verbose=False) for _ in range(4)]
    message = {"message": f"At once: {SECRET}", "temperature": 0, "max_new_tokens": 60}

    def send():
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda who: who.predict(**message, api_name="/chat"), visitors))

    assert cached_by(backend, send) == 0
