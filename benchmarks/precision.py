"""What does each precision cost and give on this machine's CPU: time, memory, speed, perplexity?

Each measurement runs in a process of its own, so that its memory is its own. Models other than the starter are random
weights in the published shape, V2-Lite with 4 of its 27 layers: their speed is real, their perplexity means nothing and
is left out. "transformers" is its own ``generate`` in bf16 without the app's settings, "bnb-…" bitsandbytes as
transformers applies it; all but the first are driven by the engine's step. Sides on which no promise rests and that
take long to load, such as nf4 of the 1.5B shape, are measured on demand: ``--models distill-1.5b --sides nf4``.
"""

import argparse
import hashlib
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import metadata
from pathlib import Path
from typing import Any
from unittest.mock import patch

import measure
import random_model
import torch
import transformers
from transformers import AutoModelForCausalLM, BitsAndBytesConfig, PreTrainedModel

from deepseek_space.engine.kv_cache import KVCache
from deepseek_space.engine.step import Chunk, prepare, step
from deepseek_space.models.loader import load
from deepseek_space.models.precision import weight_bytes
from deepseek_space.models.starter import ensure_starter
from deepseek_space.models.tokenizer import load_tokenizer

SIDES = {
    "starter": ("transformers", "bf16", "int8", "nf4", "bnb-nf4"),
    "distill-1.5b": ("transformers", "bf16", "int8"),
    "v2-lite": ("transformers", "bf16", "int8", "nf4", "bnb-nf4"),
}
# The parts of the text whose perplexity is measured; requirements.txt pins both packages, its sum tells runs apart.
TEXT_README, TEXT_CODE = "gradio", Path(transformers.__file__).parent / "generation" / "stopping_criteria.py"
WINDOW_TOKENS = 1024
# What the app sets for its own process.
APP_ENVIRON = {"GOMP_SPINCOUNT": "10000", "THP_MEM_ALLOC_ENABLE": "1", "PYTHONPATH": str(Path(__file__).parent)}
ROWS = 8
REACH = {
    "distill_int8_over_transformers": 3,
    "distill_int8_prompt_over_transformers": 1,
    "distill_int8_eight_rows_over_one": 3,
    "v2_lite_int8_over_bf16": 2,
    "v2_lite_int8_over_transformers": 2,
    "v2_lite_nf4_over_bf16": 1,
    "v2_lite_nf4_footprint": 0.33,
    "starter_int8_perplexity": 1.035,
    "starter_nf4_perplexity_over_bitsandbytes": 1,
}


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One model on one side. Rates are tokens per second, ``rows_…`` of eight rows together; None: not measured."""

    load_s: float
    peak_gb: float
    weight_gb: float
    first_token_s: float
    prompt_rate: float
    decode_rate: float
    rows_decode_rate: float | None
    perplexity: float | None


Results = dict[str, dict[str, Figures]]


def resident_bytes(key: str) -> int:
    """Return VmRSS (now) or VmHWM (highest so far) of this process; Linux only."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(key))


def load_model(folder: Path, side: str) -> tuple[PreTrainedModel, int]:
    """Return the model and the bytes of its weights."""
    if side == "transformers":
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)
        return model, weight_bytes(model)
    if side.startswith("bnb-"):
        four_bit = side == "bnb-nf4"
        config = BitsAndBytesConfig(load_in_4bit=four_bit, load_in_8bit=not four_bit, bnb_4bit_quant_type="nf4")
        model = AutoModelForCausalLM.from_pretrained(folder, quantization_config=config, dtype=torch.bfloat16)
        return model, weight_bytes(model) + _bnb_statistics(model)
    quiet: dict[str, Any] = {"progress": lambda report: None, "cancelled": lambda: False}
    loaded = load(folder, name=folder.name, precision=side, device="cpu", **quiet)
    return loaded.model, loaded.weight_bytes


def _bnb_statistics(model: PreTrainedModel) -> int:
    states = [getattr(parameter, "quant_state", None) for parameter in model.parameters()]
    scales = [getattr(parameter, "SCB", None) for parameter in model.parameters()]
    return sum(s.absmax.nbytes for s in states if s is not None) + sum(s.nbytes for s in scales if s is not None)


def by_generate(model: PreTrainedModel, prompt: list[int], options: argparse.Namespace) -> tuple[float, float]:
    """Return the seconds to the first token and the tokens per second after it: medians of several replies."""
    first, rates = [], []
    for _ in range(options.rounds + 1):
        started = time.perf_counter()
        clock = measure.FirstToken(started)
        config = measure.greedy_config(options.steps + 1)
        model.generate(torch.tensor([prompt]), generation_config=config, stopping_criteria=[clock])
        first.append(clock.first_s)
        rates.append(options.steps / (time.perf_counter() - started - clock.first_s))
    return statistics.median(first[1:]), statistics.median(rates[1:])


def by_step(model: PreTrainedModel, prompt: list[int], options: argparse.Namespace) -> tuple[float, float, float]:
    """Return the seconds to the first token, then tokens per second of one row and of eight together."""
    first = []
    for _ in range(options.rounds + 1):
        one, started = KVCache(), time.perf_counter()
        step(model, [Chunk(cache=one, ids=prompt, wants_logits=True)])
        first.append(time.perf_counter() - started)
    many = [KVCache() for _ in range(ROWS)]
    step(model, [Chunk(cache=cache, ids=prompt[:32], wants_logits=True) for cache in many])
    return statistics.median(first[1:]), step_rate(model, [one], options.steps), step_rate(model, many, options.steps)


def step_rate(model: PreTrainedModel, caches: list[KVCache], steps: int) -> float:
    """Return tokens per second of all rows together: the median step. Ids vary, so that experts do."""
    generator, times = torch.Generator().manual_seed(1), []
    for _ in range(steps):
        ids = torch.randint(64, model.config.vocab_size, (len(caches),), generator=generator).tolist()
        started = time.perf_counter()
        step(
            model,
            [Chunk(cache=cache, ids=[token], wants_logits=True) for cache, token in zip(caches, ids, strict=True)],
        )
        times.append(time.perf_counter() - started)
    return len(caches) / statistics.median(times)


@torch.inference_mode()
def perplexity(model: PreTrainedModel, ids: torch.Tensor) -> float:
    """Return exp of the mean loss over ``ids`` (tokens), read in windows that do not overlap."""
    total, count = 0.0, 0
    for window in ids.split(WINDOW_TOKENS):
        if len(window) > 1:
            logits = model(window[None]).logits[0, :-1].float()
            total += torch.nn.functional.cross_entropy(logits, window[1:], reduction="sum").item()
            count += len(window) - 1
    return float(torch.tensor(total / count).exp())


def text_ids(folder: Path, most_tokens: int) -> torch.Tensor:
    """Return the token ids of the fixed text."""
    ids = load_tokenizer(folder).encode(fixed_text(), add_special_tokens=False)
    return torch.tensor(ids[:most_tokens])


def fixed_text() -> str:
    """Return prose with some code, then code with some prose: Gradio's README without its badges, and transformers."""
    _, heading, readme = metadata(TEXT_README)["Description"].partition("\n# ")
    return f"{heading}{readme}\n{TEXT_CODE.read_text(encoding='utf-8')}".lstrip()


def figures_of(folder: Path, side: str, options: argparse.Namespace) -> Figures:
    """Return the figures of the checkpoint in ``folder``; meant for a process of its own."""
    before = resident_bytes("VmRSS")
    started = time.perf_counter()
    model, kept_bytes = load_model(folder, side)
    load_s, peak_bytes = time.perf_counter() - started, resident_bytes("VmHWM") - before
    text = perplexity(model, text_ids(folder, options.text)) if options.has_meaning else None
    prompt = list(measure.prompt_ids(options.prompt, seed=0, vocabulary=model.config.vocab_size))
    if side == "transformers":
        (first_token_s, rate), rows_rate = by_generate(model, prompt, options), None
    else:
        prepare(model)
        first_token_s, rate, rows_rate = by_step(model, prompt, options)
    return Figures(
        load_s=load_s,
        peak_gb=peak_bytes / 1e9,
        weight_gb=kept_bytes / 1e9,
        first_token_s=first_token_s,
        prompt_rate=options.prompt / first_token_s,
        decode_rate=rate,
        rows_decode_rate=rows_rate,
        perplexity=text,
    )


def run(options: argparse.Namespace, side: str, call: Callable[[], Any]) -> Any:
    """Return what ``call`` returns in a process of its own, or in this one where only the running matters.

    All but transformers' have what the app sets for its process; their libraries are imported once for all of them.
    """
    if options.quick:
        return call()
    is_app = side != "transformers"
    context = multiprocessing.get_context("forkserver" if is_app else "spawn")
    if is_app:
        context.set_forkserver_preload(["measure"])
    settings = APP_ENVIRON if is_app else {}
    with ProcessPoolExecutor(1, mp_context=context) as pool, patch.dict(os.environ, settings):
        return pool.submit(call).result()


def checkpoints(options: argparse.Namespace, scratch: Path) -> Iterator[tuple[str, Path]]:
    """Yield each model's name and folder, one at a time to spare the disk."""
    for name in options.models:
        if name == "starter":
            yield name, ensure_starter(measure.CACHE_DIR, progress=lambda report: None)
            continue
        run(
            options, "bf16", partial(random_model.save, scratch / name, name, layers=options.layers, tiny=options.quick)
        )
        yield name, scratch / name
        for file in (scratch / name).iterdir():
            file.unlink()


def compare(options: argparse.Namespace) -> Results:
    """Measure every model on every side."""
    results: Results = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name, folder in checkpoints(options, Path(scratch)):
            options.has_meaning, results[name] = name == "starter", {}
            for side in options.sides or SIDES[name]:
                results[name][side] = run(options, side, partial(figures_of, folder, side, options))
                print(f"{name} {side}: {results[name][side]}", file=sys.stderr, flush=True)
    return results


def ratios(results: Results) -> dict[str, float]:
    """Return the promised ratios, as far as both of their sides were measured."""
    sides = {(name, side): figures for name, model in results.items() for side, figures in model.items()}
    small, mixture, starter = "distill-1.5b", "v2-lite", "starter"
    asked = {
        "distill_int8_over_transformers": ("decode_rate", (small, "int8"), (small, "transformers")),
        "distill_int8_prompt_over_transformers": ("prompt_rate", (small, "int8"), (small, "transformers")),
        "v2_lite_int8_over_bf16": ("decode_rate", (mixture, "int8"), (mixture, "bf16")),
        "v2_lite_int8_over_transformers": ("decode_rate", (mixture, "int8"), (mixture, "transformers")),
        "v2_lite_nf4_over_bf16": ("decode_rate", (mixture, "nf4"), (mixture, "bf16")),
        "v2_lite_nf4_footprint": ("weight_gb", (mixture, "nf4"), (mixture, "bf16")),
        "v2_lite_bitsandbytes_footprint": ("weight_gb", (mixture, "bnb-nf4"), (mixture, "bf16")),
        "starter_int8_perplexity": ("perplexity", (starter, "int8"), (starter, "bf16")),
        "starter_nf4_perplexity_over_bitsandbytes": ("perplexity", (starter, "nf4"), (starter, "bnb-nf4")),
    }
    found = {
        name: getattr(sides[over], figure) / getattr(sides[under], figure)
        for name, (figure, over, under) in asked.items()
        if over in sides and under in sides
    }
    if (small, "int8") in sides:
        int8 = sides[small, "int8"]
        found["distill_int8_eight_rows_over_one"] = int8.rows_decode_rate / int8.decode_rate
    return found


def report(results: Results) -> None:
    """Print the table and the JSON."""
    header = ["model", "side", "load s", "peak GB", "weights GB", "first token s", "prompt/s", "decode/s", "8 rows/s"]
    rows = [
        [name, side, *("" if value is None else value for value in asdict(figures).values())]
        for name, sides in results.items()
        for side, figures in sides.items()
    ]
    measure.table([*header, "perplexity"], rows)
    measure.finish(
        benchmark="precision",
        threads=torch.get_num_threads(),
        text="Gradio's README and transformers' generation/stopping_criteria.py",
        text_sha256=hashlib.sha256(fixed_text().encode()).hexdigest(),
        **ratios(results),
        reach=REACH,
    )


def main() -> None:
    parser = measure.parser(__doc__, rounds=1)
    parser.add_argument("--models", nargs="+", choices=SIDES, default=list(SIDES))
    sides = ("transformers", "fp32", "bf16", "int8", "nf4", "fp4", "bnb-int8", "bnb-nf4")
    parser.add_argument("--sides", nargs="+", choices=sides, help="[as the promises need]")
    parser.add_argument("--layers", type=int, default=0, help="layers of the random models [all 28, and 4 of 27]")
    parser.add_argument("--prompt", type=int, default=256, help="prompt tokens")
    parser.add_argument("--steps", type=int, default=12, help="decode steps")
    parser.add_argument("--text", type=int, default=2048, help="tokens of text for the perplexity")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.prompt, options.steps = 1, 40, 3
        options.models = [name for name in options.models if name != "starter"]
    report(compare(options))


if __name__ == "__main__":
    main()
