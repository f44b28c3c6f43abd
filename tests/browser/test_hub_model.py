"""A model from the Hub to its first answer, in a real browser: named, planned, fetched, loaded; and what goes wrong.

The app's own backend with tiny random models, before a fake Hub.
"""

from functools import partial

import pytest
from playwright.sync_api import expect

from deepseek_space.backends.local.backend import LocalBackend, LocalOptions
from deepseek_space.models.downloads import download, remote_headers
from deepseek_space.models.downloads.hub import Hub
from deepseek_space.models.downloads.transfer import Patience
from fake_hub import Pause, blob_id, running_hub
from page_server import served
from tiny_checkpoints import save_checkpoint

pytestmark = pytest.mark.browser

SHARD = "model.safetensors"
REPO = "somebody/tiny"


@pytest.fixture(scope="module")
def resident(tmp_path_factory):
    """The folder of the model that answers before another one comes."""
    return save_checkpoint(tmp_path_factory.mktemp("models") / "resident")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = save_checkpoint(tmp_path_factory.mktemp("published"), hidden_size=128)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "hub"


@pytest.fixture
def hub(files, cache, monkeypatch):
    with running_hub() as hub:
        fake = partial(Hub, endpoint=hub.url, cache_dir=cache, patience=Patience(sleep=lambda seconds: None))
        for module in (download, remote_headers):
            monkeypatch.setattr(module, "Hub", fake)
        hub.publish(REPO, files)
        yield hub


@pytest.fixture
def chat(hub, resident, tmp_path, page_at):
    """The page with a model that answers, and the panel of models open."""
    backend = LocalBackend(LocalOptions(model=str(resident), cache_dir=tmp_path, device="cpu", precision="bf16"))
    backend.start()
    backend.wait()
    with served(backend) as url:
        chat = page_at(url)
        chat.page.locator("#models-open").click()
        expect(chat.page.locator(".ds-choice").first).to_be_visible()
        yield chat
    backend.close()


def load(chat, name=REPO):
    chat.page.locator("#model-name :is(input, textarea)").fill(name)
    chat.page.locator("#model-name :is(input, textarea)").press("Enter")


def who_answers(chat):
    """Ask, and return what the figures under the answer begin with: the model's name."""
    chat.ask("hello")
    chat.finish()
    return chat.figures.last.locator("summary").text_content()


def test_a_model_is_fetched_while_the_old_one_answers_and_a_corrupt_file_is_fetched_again(chat, hub, files, resident):
    pause = hub.pauses[SHARD] = Pause(after_bytes=len(files[SHARD]) // 2)
    hub.corruptions[SHARD] = 1
    load(chat)
    coming = chat.page.locator("#model-coming")
    expect(coming.locator("progress")).to_be_visible()
    expect(coming).to_contain_text("Fetching")
    expect(coming).to_contain_text(f"{resident.name} goes on answering meanwhile")
    assert resident.name in who_answers(chat)
    pause.go_on.set()
    expect(chat.page.locator("#status-line .ds-name")).to_have_text(REPO)
    chat.new.click()  # the random model's answer may have filled its small context
    expect(chat.figures).to_have_count(0)
    assert REPO in who_answers(chat)
    assert hub.corruptions[SHARD] == 0


def test_a_download_that_is_stopped_goes_on_where_it_was(chat, hub, files, resident):
    half = len(files[SHARD]) // 2
    pause = hub.pauses[SHARD] = Pause(after_bytes=half)
    load(chat)
    assert pause.reached.wait(60)
    chat.page.locator("#model-cancel").click()
    expect(chat.page.locator("#status-line")).to_contain_text("Stopping")
    pause.go_on.set()
    expect(chat.page.locator("#model-coming progress")).to_have_count(0)
    expect(chat.page.locator("#status-line .ds-name")).to_have_text(resident.name)
    hub.served.clear()
    load(chat)
    expect(chat.page.locator("#status-line .ds-name")).to_have_text(REPO)
    whole = [one for one in hub.served if one.name == SHARD and one.sent_bytes > half // 2]
    assert sum(one.sent_bytes for one in whole) < len(files[SHARD])


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("full disk", "is full. Free some space"),
        ("gated", "HF_TOKEN"),
        ("not there", "shows no model"),
        ("a Hub that is down", "Try again later"),
    ],
)
def test_what_keeps_a_model_from_coming_is_said_and_the_old_one_answers(
    chat, hub, cache, files, resident, trouble, said
):
    if trouble == "full disk":
        blobs = Hub(cache_dir=cache).store(REPO).root / "blobs"
        blobs.mkdir(parents=True)
        (blobs / f"{blob_id(SHARD, files[SHARD])}.incomplete").symlink_to("/dev/full")
    elif trouble == "gated":
        hub.repos[REPO].refusal = (403, {"X-Error-Code": "GatedRepo"})
    elif trouble == "not there":
        del hub.repos[REPO]
    else:
        hub.answer_with("api", *[503] * 50)
    load(chat)
    expect(chat.page.locator(".ds-error:visible").first).to_contain_text(said)
    assert resident.name in who_answers(chat)
