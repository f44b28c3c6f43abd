"""What the benchmarks share: models, sides, repetition, medians, a table, the last line of JSON. Measures nothing."""

import argparse
import json
import multiprocessing
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

import torch

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]  # the benchmarks run from a checkout

from transformers import AutoModelForCausalLM, GenerationConfig, PreTrainedModel, StoppingCriteria  # noqa: E402

from deepseek_space.engine.engine import Engine  # noqa: E402
from deepseek_space.engine.limits import EngineLimits  # noqa: E402
from deepseek_space.engine.reply import Job  # noqa: E402
from deepseek_space.engine.step import prepare  # noqa: E402
from deepseek_space.models.loaded_model import LoadedModel  # noqa: E402
from deepseek_space.models.loader import load  # noqa: E402
from deepseek_space.models.starter import STARTER_NAME, ensure_starter  # noqa: E402
from deepseek_space.types import Sampling  # noqa: E402

# A process that has imported the libraries and does nothing else: what it forks starts clean, and at once.
FORK_SERVER = multiprocessing.get_context("forkserver")
FORK_SERVER.set_forkserver_preload(
    ["bitsandbytes", "transformers.generation.utils", "transformers.models.auto.modeling_auto"]
)
CACHE_DIR = Path.home() / ".cache" / "deepseek-space"


def parser(doc: str, *, rounds: int) -> argparse.ArgumentParser:
    """Return a parser with the flags that every benchmark has."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=rounds, help="how often each side is measured, in turns")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: shows that it runs, not how fast")
    return parser


def starter(precision: str = "bf16") -> LoadedModel:
    """Return the starter as the app loads it, anew at each call: two sides of a comparison need a model each."""
    return loaded(starter_folder(), precision, name=STARTER_NAME)


def loaded(folder: Path, precision: str, *, name: str) -> LoadedModel:
    """Return the checkpoint in ``folder`` as the app loads it."""
    return load(
        folder,
        name=name,
        precision=precision,
        device="cpu",
        progress=lambda _: None,
        cancelled=lambda: False,
    )


def stock_starter() -> PreTrainedModel:
    """Return the starter in bf16 as transformers loads it: what others would run."""
    return AutoModelForCausalLM.from_pretrained(starter_folder(), dtype=torch.bfloat16).eval()


def starter_folder() -> Path:
    """Return the folder of the starter converted for torch."""
    return ensure_starter(CACHE_DIR, progress=lambda _: None)


def prompt_ids(tokens: int, *, seed: int, vocabulary: int) -> tuple[int, ...]:
    """Return random ids; ids below 64 are left out, as control tokens live there."""
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.randint(64, vocabulary, (tokens,), generator=generator).tolist())


def greedy_job(prompt: Sequence[int], new_tokens: int) -> Job:
    """Return a job that runs to exactly ``new_tokens``: nothing stops it early."""
    return Job(prompt=tuple(prompt), sampling=Sampling(temperature=0, max_new_tokens=new_tokens))


def greedy_config(new_tokens: int) -> GenerationConfig:
    """Return the same for transformers' ``generate``."""
    return GenerationConfig(max_new_tokens=new_tokens, do_sample=False, eos_token_id=None, pad_token_id=0)


def engine_of(
    model: PreTrainedModel, *, context_tokens: int = 8192, chunk_tokens: int = 256, drafts: bool = False
) -> Engine:
    """Return an engine over ``model`` with room for whatever the benchmarks ask.

    Without ``drafts`` every token takes a step, as with what it is compared to: greedy random models repeat themselves.
    """
    limits = EngineLimits(context_tokens=context_tokens, kv_bytes=4 << 30, chunk_tokens=chunk_tokens, drafts=drafts)
    return Engine(prepare(model), limits=limits)


def repeat(
    sides: Mapping[str, Callable[[], Mapping[str, float]]], rounds: int, *, warm_up: bool = True, rest_s: float = 0.0
) -> dict[str, dict[str, float]]:
    """Run all sides in turns, once more unmeasured to ``warm_up``; return the median of each of their figures.

    ``rest_s`` passes after each, for servers that look for more work on a whole core before they sleep.
    """
    if warm_up:
        for run in sides.values():
            run()
            time.sleep(rest_s)
    results: dict[str, list[Mapping[str, float]]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, run in sides.items():
            results[name].append(run())
            time.sleep(rest_s)
    return {name: medians(runs) for name, runs in results.items()}


def medians(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the median of each figure over several runs."""
    return {key: median(run[key] for run in runs) for key in runs[0]}


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a Markdown table; numbers get three significant digits."""
    print("| " + " | ".join(header) + " |")
    print("|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(f"{cell:.3g}" if isinstance(cell, float) else str(cell) for cell in row) + " |")


def finish(**result: object) -> None:
    """Print the last line: JSON, floats rounded to four digits."""
    print(json.dumps(_rounded(result)), flush=True)


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, dict):
        return {str(key): _rounded(item) for key, item in value.items()}
    return value


class Contender:
    """One side of a comparison, in a process of its own: ``make(*arguments)`` there returns what ``run`` calls.

    Every thread that computes brings torch's threads along. Where sides share a process, theirs outnumber the cores
    and sleep between all operations instead of waiting awake: each side would be a third slower than it is alone.
    """

    def __init__(self, make: Callable[..., Callable[..., object]], *arguments: object) -> None:
        self._calls, theirs = FORK_SERVER.Pipe()
        self._process = FORK_SERVER.Process(target=_contend, args=(theirs, make, arguments), daemon=True)
        self._process.start()
        theirs.close()

    def run(self, *arguments: object) -> dict[str, float]:
        """Call it there and return its figures. Raises EOFError if it failed; the reason is on stderr."""
        self._calls.send(arguments)
        return self._calls.recv()

    def close(self) -> None:
        """End the process and free its memory."""
        self._process.terminate()
        self._process.join()


def _contend(calls: Connection, make: Callable[..., Callable[..., object]], arguments: tuple[object, ...]) -> None:
    made: list[Callable[..., object]] = []
    # In a thread that ends, torch's threads of loading end too.
    maker = threading.Thread(target=lambda: made.append(make(*arguments)))
    maker.start()
    maker.join()
    (run,) = made
    while True:
        calls.send(run(*calls.recv()))


class FirstToken(StoppingCriteria):
    """Notes when ``generate`` has chosen its first token, in seconds after ``started``; stops nothing."""

    def __init__(self, started: float) -> None:
        self._started = started
        self.first_s = 0.0

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **_: object) -> torch.Tensor:
        self.first_s = self.first_s or time.perf_counter() - self._started
        return torch.zeros(len(input_ids), dtype=torch.bool, device=input_ids.device)
