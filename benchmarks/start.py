"""How soon does it answer, and in how much memory? From the start of the app to its first token.

With a GGUF of 1.1 GB, which is Q4_K_M of the 1.5B shape in random weights, and as on a machine that has the program and
nothing else: the cache is empty, and the starter is fetched through pip. Memory is the sum of what each of the app's
processes held at most, mapped files included, once a reply has ended.
"""

import argparse
import tempfile
import time
from pathlib import Path

import httpx
import measure
import people
import psutil
import random_gguf

TOKENS = 16
GGUF, FRESH = "GGUF", "fresh machine"
REACH = {"gguf_ready_s": 5, "gguf_peak_over_file": 1.3, "fresh_first_token_s": 8}


def main() -> None:
    parser = measure.parser(__doc__, rounds=3)
    parser.add_argument("--sides", nargs="+", choices=(GGUF, FRESH), default=[GGUF, FRESH])
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.sides = 1, [GGUF]
    with tempfile.TemporaryDirectory() as scratch:
        report(compare(Path(scratch), options))


def compare(scratch: Path, options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Return the medians of each side."""
    found = {}
    if GGUF in options.sides:
        file = random_gguf.save(scratch / "model.Q4_K_M.gguf", "distill-1.5b", "Q4_K_M", tiny=options.quick)
        runs = [start("--model", str(file)) for _ in range(options.rounds)]
        found[GGUF] = measure.medians(runs) | {"file_bytes": file.stat().st_size}
    if FRESH in options.sides:
        runs = [
            start("--model", "starter", "--cache-dir", str(scratch / f"cache-{number}"))
            for number in range(options.rounds)
        ]
        found[FRESH] = measure.medians(runs)
    return found


def start(*flags: str) -> dict[str, float]:
    """Start the app with ``flags``, ask it one question, and return its figures."""
    started = time.perf_counter()
    with people.opened_app(*flags, "--device", "cpu") as (process, url), httpx.Client(timeout=60) as http:
        opened = time.perf_counter()
        people.wait_for(f"{url}/readyz", process)
        ready = time.perf_counter()
        (asked,) = people.conversations(1)
        reply = people.read_reply(http, f"{url}/v1", people.model_of(http, f"{url}/v1"), asked, seed=1, tokens=TOKENS)
        return {
            "open_s": opened - started,
            "ready_s": ready - started,
            "first_s": reply.first_at - started,
            "peak_bytes": peak_bytes(process.pid),
        }


def peak_bytes(pid: int) -> int:
    """Return the sum of the most that the process ``pid`` and those that it started have held; Linux only."""
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    return sum(_high_water(member.pid) for member in family)


def _high_water(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


def report(found: dict[str, dict[str, float]]) -> None:
    measure.table(
        ["start", "page open, s", "model ready, s", "first token, s", "peak memory, GB"],
        [
            (name, figures["open_s"], figures["ready_s"], figures["first_s"], figures["peak_bytes"] / 1e9)
            for name, figures in found.items()
        ],
    )
    result = {}
    if gguf := found.get(GGUF):
        result |= {
            "gguf_bytes": gguf["file_bytes"],
            "gguf_ready_s": gguf["ready_s"],
            "gguf_peak_over_file": gguf["peak_bytes"] / gguf["file_bytes"],
        }
    if fresh := found.get(FRESH):
        result |= {"fresh_ready_s": fresh["ready_s"], "fresh_first_token_s": fresh["first_s"]}
    measure.finish(benchmark="start", **result, reach=REACH)


if __name__ == "__main__":
    main()
