"""A vLLM server of ours, by a program that stands in for vLLM's: started, supervised, ended with all it started."""

import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import psutil
import pytest

from deepseek_space.backends.restarts import MOST_RESTARTS
from deepseek_space.backends.vllm.server import VllmServer
from deepseek_space.backends.vllm.server_process import KEEPER, ServerProcess
from deepseek_space.errors import Cancelled, EngineStopped, LoadFailed

STAND_IN = Path(__file__).parents[2] / "vllm_stand_in.py"
COMMAND = (sys.executable, str(STAND_IN), "serve", "/models/m", "--served-model-name", "m")


@pytest.fixture
def start(tmp_path):
    servers = []

    def start(goes_wrong="", *, is_ready=True, **options):
        environ = {"VLLM_STAND_IN": goes_wrong, "VLLM_STAND_IN_WORDS": str(tmp_path / "words.json")}
        servers.append(VllmServer(COMMAND, environ=environ, **options))
        if is_ready:
            ready(servers[-1])
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def ready(server):
    told = []
    server.wait_until_ready(progress=told.append, cancelled=lambda: False)
    return told


def processes(server):
    keeper = psutil.Process(server.pid)
    return [keeper, *keeper.children(recursive=True)]


def test_it_is_started_at_a_port_of_its_own_with_a_key_of_its_own(start, tmp_path):
    server, other = start(), start()
    words = json.loads((tmp_path / "words.json").read_text())
    assert words[-4:-1] == ["--host", "127.0.0.1", "--port"]
    assert server.url != other.url
    assert server.key != other.key
    assert server.trouble == ""
    assert server.log.lines[-1] == "INFO:     Application startup complete."


def test_all_of_it_ends_when_it_is_closed(start):
    server = start()
    all_of_it = processes(server)
    assert len(all_of_it) == 2
    server.close()
    assert not psutil.wait_procs(all_of_it, timeout=10)[1]
    with pytest.raises(EngineStopped, match="being changed or the app is shutting down"):
        server.wait(0)


def test_all_of_it_ends_with_the_app_however_that_ends(tmp_path):
    environ = {**os.environ, "VLLM_STAND_IN_WORDS": str(tmp_path / "words.json"), "VLLM_API_KEY": "k"}
    command = (sys.executable, str(KEEPER), *COMMAND, "--port", "0")
    app = subprocess.Popen(
        (sys.executable, "-c", "import subprocess as s, sys; s.Popen(sys.argv[1:], stdin=s.PIPE).wait()", *command),
        env=environ,
        stdout=subprocess.PIPE,
    )
    assert app.stdout
    assert app.stdout.readline()
    all_of_it = psutil.Process(app.pid).children(recursive=True)
    assert len(all_of_it) == 2
    app.kill()
    app.wait()
    assert not psutil.wait_procs(all_of_it, timeout=10)[1]


def test_one_that_dies_is_started_again_and_says_how_it_ended(start):
    server = start()
    life = server.lives
    processes(server)[-1].send_signal(signal.SIGSEGV)
    assert server.end_of(life, within_s=10) == "it crashed: Segmentation fault"
    assert server.wait(10)
    assert server.lives == life + 1
    assert server.trouble == ""


def test_one_that_answers_no_more_is_ended_and_started_again(start):
    server = start(start=partial(ServerProcess, silent_s=0.5))
    processes(server)[-1].send_signal(signal.SIGSTOP)
    assert server.end_of(1, within_s=20).startswith("it had not been heard of for")
    assert server.wait(10)


def test_after_three_times_in_ten_minutes_it_stays_down_with_the_reason(start):
    server = start()
    for life in range(1, MOST_RESTARTS + 2):
        processes(server)[-1].kill()
        assert "was killed" in server.end_of(life, within_s=10)
        if life <= MOST_RESTARTS:
            assert server.wait(10)
    with pytest.raises(EngineStopped, match=r"was killed.*stays down"):
        server.wait(10)
    assert "stays down" in server.trouble


@pytest.mark.parametrize(
    ("goes_wrong", "said"),
    [
        ("no memory", r"code 1; it said: ValueError: To serve at least one request .* 1\.0 GiB KV cache is needed"),
        ("usage", r"code 1; it said: unrecognized arguments: --max-model-len"),
    ],
)
def test_what_cannot_be_loaded_is_said_with_the_first_cause_and_the_log(start, goes_wrong, said):
    server = start(goes_wrong, is_ready=False)
    with pytest.raises(LoadFailed, match=said) as failed:
        ready(server)
    assert failed.value.log == server.log.lines


def test_a_load_can_be_cancelled(start):
    server = start(is_ready=False)
    all_of_it = processes(server)
    with pytest.raises(Cancelled):
        server.wait_until_ready(progress=lambda loading: None, cancelled=lambda: True)
    assert not psutil.wait_procs(all_of_it, timeout=10)[1]
