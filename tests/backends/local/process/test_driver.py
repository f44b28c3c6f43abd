"""The model's process dies, hangs or is ended: replies keep what they have, and the next one is answered."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import psutil
import pytest

from deepseek_space.backends.local.process.driver import ProcessDriver
from deepseek_space.backends.local.process.model_process import SOURCE, ModelProcess
from deepseek_space.backends.restarts import MOST_RESTARTS
from deepseek_space.engine.limits import EngineLimits
from deepseek_space.engine.reply import Finished, Job, Token
from deepseek_space.errors import BusyError, Cancelled, EngineStopped, LoadFailed, PromptTooLong
from deepseek_space.types import Sampling
from gguf_files import random_model, write_gguf
from tiny_models import prompt_of

LONG = 1500


@pytest.fixture(scope="module")
def tiny_gguf(tmp_path_factory):
    return write_gguf(tmp_path_factory.mktemp("gguf") / "tiny.gguf", random_model("qwen2-gqa"))


@pytest.fixture
def make(tiny_gguf):
    drivers = []

    def make(path=tiny_gguf, *, is_ready=True, **options):
        limits = EngineLimits(context_tokens=2048, kv_bytes=1 << 20, max_rows=2, max_queue=1)
        order = {"engine": "llama.cpp", "path": str(path), "cells": 4096, "max_rows": 2, "threads": 1}
        drivers.append(ProcessDriver(order, limits=limits, **options))
        if is_ready:
            ready(drivers[-1])
        return drivers[-1]

    yield make
    for driver in drivers:
        driver.close()


def ready(driver, *, cancelled=lambda: False):
    driver.wait_until_ready(progress=lambda share: None, cancelled=cancelled)


def job(seed=1, *, new_tokens=12, **options):
    return Job(prompt=prompt_of(20, seed), sampling=Sampling(temperature=0, max_new_tokens=new_tokens), **options)


def read(driver, reply, *, then=lambda: None):
    """Return the ids of ``reply``, and how it ended; ``then`` is done after the first."""
    ids = []
    try:
        for event in driver.events(reply, wait_s=0.1):
            if isinstance(event, Token):
                ids.append(event.id)
                if len(ids) == 1:
                    then()
            elif isinstance(event, Finished):
                return ids, event.reason
    except EngineStopped as error:
        return ids, error


def test_replies_are_written_and_counted(make):
    driver = make()
    first, second = driver.submit(job(1)), driver.submit(job(2))
    assert [len(read(driver, reply)[0]) for reply in (first, second)] == [12, 12]
    again = driver.submit(job(1))
    assert read(driver, again)[1] == "length"
    assert again.cached_tokens == 20  # a retry begins with what followed the prompt
    assert first.time_to_first_token_s > 0
    assert first.tokens_per_second > 0
    figures = driver.figures(weight_bytes=7)
    assert (figures.requests, figures.generated_tokens, figures.cached_tokens) == (3, 36, 20)
    assert driver.trouble == ""


def test_killed_in_mid_answer_it_says_so_once_and_answers_the_next(make):
    driver = make()
    expected, _ = read(driver, driver.submit(job(2)))
    reply = driver.submit(job(1, new_tokens=LONG))
    ids, error = read(driver, reply, then=partial(os.kill, driver.pid, signal.SIGKILL))
    assert 0 < len(ids) < LONG
    assert "its process ended: it was killed" in str(error)
    begun = time.monotonic()
    assert read(driver, driver.submit(job(2))) == (expected, "length")  # it waits for the model to be loaded again
    assert time.monotonic() - begun < 10
    assert driver.trouble == ""
    assert driver.counters.errors == 1


def test_a_crash_and_a_hang_are_told_apart(make):
    driver = make(start=partial(ModelProcess, silent_s=1.5))
    for end, said in ((signal.SIGSEGV, "crashed: Segmentation fault"), (signal.SIGSTOP, "not been heard of for 2 s")):
        ids, error = read(driver, driver.submit(job(1, new_tokens=LONG)), then=partial(os.kill, driver.pid, end))
        assert ids
        assert said in str(error)
    assert read(driver, driver.submit(job(1)))[1] == "length"


def test_after_three_times_in_ten_minutes_it_stays_down_with_the_reason(make):
    driver = make()
    for _ in range(MOST_RESTARTS + 1):
        read(driver, driver.submit(job(1, new_tokens=LONG)), then=partial(os.kill, driver.pid, signal.SIGKILL))
    with driver._changed:
        driver._changed.wait_for(lambda: driver._down, 10)
    assert "was killed" in driver.trouble
    with pytest.raises(EngineStopped, match="stays down"):
        driver.submit(job(1))


def test_what_cannot_be_loaded_is_one_sentence(make, tmp_path):
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF" + b"\0" * 64)
    driver = make(path, is_ready=False)
    with pytest.raises(LoadFailed, match=r"llama\.cpp cannot load .*broken\.gguf"):
        ready(driver)
    with pytest.raises(EngineStopped):
        driver.submit(job(1))


def test_a_load_can_be_cancelled(make):
    driver = make(is_ready=False, start=partial(ModelProcess, silent_s=60))
    driver._is_ready = False
    with pytest.raises(Cancelled):
        driver.wait_until_ready(progress=lambda share: None, cancelled=lambda: True)
    assert driver._process._process.poll() is not None


def test_a_cancelled_reply_frees_its_place_and_a_full_queue_is_told(make):
    driver = make()
    replies = [driver.submit(job(seed, new_tokens=LONG)) for seed in (1, 2, 3)]
    with pytest.raises(BusyError):
        driver.submit(job(4))
    for reply in replies:
        reply.cancel()
    assert [read(driver, reply)[1] for reply in replies] == ["cancelled"] * 3
    assert read(driver, driver.submit(job(4)))[1] == "length"
    with pytest.raises(PromptTooLong):
        driver.submit(Job(prompt=prompt_of(3000, 1), sampling=Sampling()))


def test_closing_ends_replies_and_the_process(make):
    driver = make()
    pid, reply = driver.pid, driver.submit(job(1, new_tokens=LONG))
    _, error = read(driver, reply, then=driver.close)
    assert "was cut off" in str(error)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(EngineStopped):
        driver.submit(job(1))


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="there is no /proc here")
def test_the_process_is_the_first_to_be_killed_and_has_no_torch(make):
    process = Path(f"/proc/{make().pid}")
    assert int((process / "oom_score_adj").read_text()) == 800
    assert "torch" not in (process / "maps").read_text()


def test_what_comes_fast_is_told_some_thirty_times_a_second(make, monkeypatch):
    heard = []
    driver = make()
    real = driver._hear
    monkeypatch.setattr(driver._process, "_heard", lambda message: (heard.append(message), real(message)))
    begun = time.monotonic()
    read(driver, driver.submit(job(1, new_tokens=LONG)))
    elapsed = time.monotonic() - begun
    assert len([message for message in heard if "told" in message]) < 5 + 31 * elapsed


def test_it_ends_with_the_app_however_that_ends(tiny_gguf):
    code = (
        "import sys, time; from deepseek_space.backends.local.process.driver import ProcessDriver\n"
        "from deepseek_space.engine.limits import EngineLimits\n"
        f"order = {{'engine': 'llama.cpp', 'path': {str(tiny_gguf)!r}, 'cells': 4096, 'max_rows': 2, 'threads': 1}}\n"
        "driver = ProcessDriver(order, limits=EngineLimits(context_tokens=2048, kv_bytes=1))\n"
        "driver.wait_until_ready(progress=lambda share: None, cancelled=lambda: False)\n"
        "print(driver.pid, flush=True); sys.stdin.read()"
    )
    environ = os.environ | {"PYTHONPATH": str(SOURCE)}
    piped = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", code], env=environ, **piped) as app:
        process = psutil.Process(int(app.stdout.readline()))
        app.kill()
    process.wait(10)
    assert not process.is_running()
