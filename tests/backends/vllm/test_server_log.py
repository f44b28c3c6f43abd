"""What vLLM prints, as people see it: the latest lines, how far it has come, what went wrong first."""

import pytest

from deepseek_space.backends.vllm.server_log import KEPT_LINES, ServerLog
from vllm_stand_in import LOADING, NO_MEMORY, READY, USAGE


def log_of(text):
    log = ServerLog()
    for line in text.splitlines(keepends=True):
        log.add(line, goes_on=line.endswith("\r"))
    return log


def test_stages_are_told_in_their_order():
    log, seen = ServerLog(), []
    for line in (LOADING + READY).splitlines(keepends=True):
        log.add(line, goes_on=line.endswith("\r"))
        stage = (str(log.stage.stage), log.stage.done, log.stage.total)
        seen += [stage] if stage not in seen else []
    assert seen == [
        ("vLLM is starting", 0, 0),
        ("vLLM is reading the weights", 0, 0),
        *(("vLLM is reading the weights", done, 4) for done in (0, 2, 4)),
        ("vLLM is compiling", 0, 0),
        ("vLLM is opening its port", 0, 0),
    ]


def test_lines_are_short_and_a_bar_takes_one():
    assert log_of(LOADING + READY).lines == (
        "Triton is installed, but doesn't include CPU backend. Disabling Triton.",
        "04:58:58 Resolved architecture: LlamaForCausalLM",
        "04:59:10 Starting to load model /models/m...",
        "Loading safetensors checkpoint shards: 100% Completed | 4/4 [00:00<00:00,  6.15it/s]",
        "04:59:11 Warming up model for the compilation...",
        "05:00:07 Starting vLLM server on http://127.0.0.1:8766",
        "INFO:     Application startup complete.",
    )


def test_the_latest_lines_are_kept():
    log = log_of("".join(f"line {number}\n" for number in range(KEPT_LINES + 5)))
    assert (log.lines[0], log.lines[-1], len(log.lines)) == ("line 5", f"line {KEPT_LINES + 4}", KEPT_LINES)
    log.begin()
    assert log.lines == ()


SYMPTOM = "RuntimeError: Engine core initialization failed. See root cause above."
DIED = "Engine core proc died unexpectedly"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            NO_MEMORY,
            "ValueError: To serve at least one request with the model's max seq len (8192), 1.0 GiB KV cache is",
        ),
        (USAGE, "unrecognized arguments: --max-model-len"),
        (SYMPTOM, SYMPTOM),
        (f"(APIServer pid=7) ERROR 12-01 04:59:12 [core_client.py:9] {DIED}", DIED),
    ],
)
def test_the_first_cause_is_the_problem(text, problem):
    assert log_of(text).problem.startswith(problem)


def test_there_is_no_problem_where_all_is_well():
    assert log_of(LOADING + READY).problem == ""
