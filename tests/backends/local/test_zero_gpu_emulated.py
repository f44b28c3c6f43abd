"""ZeroGPU with the real ``spaces``: emulation, packing, fork and queues; the CPU stands in for the card."""

import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from gradio_client import Client

from app_process import running_app
from deepseek_space.backends.local.backend import LocalBackend, LocalOptions
from deepseek_space.events import Answer
from deepseek_space.types import Message, Request, Sampling
from fake_zero_gpu import running_platform
from tiny_checkpoints import save_checkpoint

SCENE = Path(__file__).parents[2] / "zero_gpu_scene.py"
TOKEN = "e30.e30.e30"  # two empty objects and a signature, as the platform's proxy adds it to a visitor's requests


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """All scenes by name, the answer of the page that opened after them, and the platform that they were played on."""
    folder = tmp_path_factory.mktemp("zero")
    checkpoint = save_checkpoint(folder / "tiny")
    flags = ("--model", str(checkpoint), "--precision", "fp32", "--host", "127.0.0.1", "--port", "0")
    with running_platform() as platform:
        environ = platform.environ(folder)
        environ["PYTHONPATH"] = os.pathsep.join((str(SCENE.parent), str(SCENE.parent.parent / "src")))
        with running_app(*flags, program=(sys.executable, str(SCENE)), environ=environ) as app:
            url = app.wait_for(r"open at (http\S+)").group(1)
            num_scenes = len(platform.asked("/schedule"))
            client = Client(url, headers={"X-IP-Token": TOKEN}, verbose=False)
            answer = client.predict("hello", temperature=0, max_new_tokens=12, api_name="/chat")
    lines = [json.loads(line) for line in app.printed if line.startswith("{")]
    scenes = {line.pop("scene"): line for line in lines}
    return SimpleNamespace(
        scenes=scenes, answer=answer, platform=platform, num_scenes=num_scenes, checkpoint=checkpoint
    )


@pytest.fixture(scope="module")
def plain_text(played, tmp_path_factory):
    """What the same model answers on a CPU with nothing emulated."""
    options = {"precision": "fp32", "device": "cpu", "cache_dir": tmp_path_factory.mktemp("plain")}
    backend = LocalBackend(LocalOptions(model=str(played.checkpoint), **options))
    backend.load_first()
    request = Request(
        messages=(Message(role="user", content="hello"),), sampling=Sampling(temperature=0, max_new_tokens=12)
    )
    text = "".join(event.text for event in backend.stream(request) if isinstance(event, Answer))
    backend.close()
    return text


@pytest.mark.parametrize("flag", ["--model", "--remote"])
def test_what_needs_no_card_defines_a_function_that_does_or_the_platform_refuses_the_space(played, flag):
    assert played.scenes[flag] == {"functions": 1}


def test_the_model_is_on_the_emulated_card_before_the_page_opens(played):
    scene = played.scenes["load"]
    assert (scene["state"], scene["device"], scene["error"]) == ("ready", "cuda:0", "")
    assert len(played.platform.asked("/startup-report")) == 1


def test_a_reply_from_the_forked_process_is_the_plain_models(played, plain_text):
    assert plain_text
    for name in ("reply", "again", "closed"):
        assert (played.scenes[name]["text"], played.scenes[name]["reason"]) == (plain_text, "length")


def test_a_short_limit_asks_for_the_card_for_a_short_time(played):
    asked = played.platform.asked("/schedule")
    assert {(query["durationSeconds"], query["gpuSize"]) for query in asked[:2]} == {("15", "large")}


def test_the_page_says_for_how_long_a_reply_has_the_card(played):
    assert played.scenes["load"]["notes"][-1] == (
        "A reply has the graphics card for 40 seconds at most; Continue goes on from there."
    )


def test_a_message_that_is_too_long_is_refused_without_asking_for_a_card(played):
    scene = played.scenes["too long"]
    assert scene["error"] == "PromptTooLong"
    assert "Shorten the message" in scene["words"]
    # reply, again, closed and its start, three refusals, out of time, aborted
    assert played.num_scenes == 9


@pytest.mark.parametrize(
    ("scene", "words"),
    [
        (
            "quota",
            "ZeroGPU lends no graphics card now: Space app has reached its GPU limit. Try re-running outside of "
            "examples if it happened after clicking one. Sign in to Hugging Face, allow fewer new tokens, or come back "
            "later.",
        ),
        (
            "none",
            "ZeroGPU lends no graphics card now: No GPU was available. Send the message again in a minute.",
        ),
    ],
)
def test_a_refusal_of_the_platform_is_told_in_its_own_words_with_what_can_be_done(played, scene, words):
    assert (played.scenes[scene]["error"], played.scenes[scene]["words"]) == ("NoCard", words)


def test_a_queue_that_was_too_long_is_told(played):
    scene = played.scenes["queue"]
    assert scene["error"] == "NoCard"
    assert "No GPU was available after 60s" in scene["words"]


def test_an_error_in_the_forked_process_reaches_the_reader_as_itself(played):
    scene = played.scenes["out of time"]
    assert scene["error"] == "EngineError"
    assert scene["words"].startswith("The 1 seconds on the graphics card were over before the first word.")


def test_a_process_that_the_platform_ends_keeps_what_was_written(played):
    scene = played.scenes["aborted"]
    assert (scene["error"], scene["words"]) == (
        "EngineStopped",
        "ZeroGPU ended the reply: GPU task aborted. Go on with Continue, or send the message again.",
    )


def test_the_page_answers_from_packed_weights_on_a_card_asked_for_with_its_visitors_token(played, plain_text):
    assert played.answer == plain_text
    asked = [query.get("token") for query in played.platform.asked("/schedule")]
    assert asked == [None] * played.num_scenes + [TOKEN]
