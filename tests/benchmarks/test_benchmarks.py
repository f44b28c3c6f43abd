"""Every benchmark runs at a tiny size and ends with one line of JSON that holds its ratios."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
NEED_NO_MODEL = {
    "mla": {"ratios"},
    "first_visit": {"seen_s", "typed_s", "whole_s", "all_kb", "page_kb", "own_files_kb"},
    "page": {"longest_ms", "blocked_ms", "typed_worst_ms", "chat_interface_blocked_ms"},
    "long": {"over_same_chunks", "over_one_pass", "memory_over_same_chunks", "stop_over_chunk"},
    "precision": {
        "distill_int8_over_transformers",
        "distill_int8_prompt_over_transformers",
        "distill_int8_eight_rows_over_one",
        "v2_lite_int8_over_bf16",
        "v2_lite_nf4_over_bf16",
        "v2_lite_nf4_footprint",
        "v2_lite_bitsandbytes_footprint",
    },
}
NEED_THE_STARTER = {
    "stream": {"app_over_generate", "engine_over_generate", "first_token_added_ms"},
    "users": {"over_generate", "over_continuous_batching", "int8_over_generate", "worst_first_token_s"},
    "formats": {"over_free"},
    "turns": {"last_turn_s", "last_over_no_reuse", "last_over_first"},
    "serving": {"http_over_engine"},
    "peers": {"as_it_is_over_llama_cpp", "bf16_over_llama_cpp"},
}

# As people run them; the others in this process, which has imported the libraries.
BY_COMMAND = {"first_visit", "page", "soak", "turns"}


def by_command(name):
    command = [sys.executable, f"benchmarks/{name}.py", "--quick"]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


@pytest.fixture
def printed(monkeypatch, capfd):
    """Return a function that runs a benchmark and returns what it printed."""
    # One thread for each side: beside other tests, two would wait for each other.
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.syspath_prepend(ROOT / "benchmarks")

    def here(name):
        monkeypatch.setattr(sys, "argv", [name, "--quick"])
        import_module(name).main()
        return capfd.readouterr().out

    return lambda name: by_command(name) if name in BY_COMMAND else here(name)


def check(printed, name, figures):
    result = json.loads(printed.splitlines()[-1])
    assert result["benchmark"] == name
    assert figures <= set(result)
    for figure in figures:
        values = result[figure].values() if isinstance(result[figure], dict) else [result[figure]]
        assert all(isinstance(value, float | int) for value in values)
    assert result["reach"]
    return result


@pytest.mark.parametrize("name", NEED_NO_MODEL)
def test_a_benchmark_of_random_weights_ends_with_its_ratios(printed, name):
    check(printed(name), name, NEED_NO_MODEL[name])


@pytest.mark.starter
@pytest.mark.parametrize("name", NEED_THE_STARTER)
def test_a_benchmark_of_the_starter_ends_with_its_ratios(printed, name):
    check(printed(name), name, NEED_THE_STARTER[name])


@pytest.mark.starter
def test_what_is_kept_stays_within_its_bound_while_people_use_everything(printed):
    result = check(printed("soak"), "soak", {"ended_over_settled", "requests"})
    assert result["kept_most_over_limit"] <= 1
    assert result["failed"] == 0
    assert result["requests"] > 0
    assert result["ended_mb"] < result["settled_mb"] + 400  # a machine that is busy settles late
