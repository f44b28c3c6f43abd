"""What does each precision cost and give on this machine's CPU: time, memory, speed, perplexity?

    python benchmarks/precision.py                      # all models, all precisions: some minutes
    python benchmarks/precision.py --models starter --precisions bf16 int8

Each measurement runs in a process of its own, so that its memory is its own. Models other than the starter are
random weights in the published shape with few layers: their speed is real, their perplexity means nothing and is left
out. Rows named "bnb-…" are bitsandbytes as transformers applies it, for comparison. A table, then one line of JSON.
"""

import argparse
import hashlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

import torch  # noqa: E402
from transformers import AutoModelForCausalLM, BitsAndBytesConfig, DynamicCache, PreTrainedModel  # noqa: E402

from deepseek_space.models.catalog import find  # noqa: E402
from deepseek_space.models.config_json import config_values  # noqa: E402
from deepseek_space.models.loader import load  # noqa: E402
from deepseek_space.models.precision import weight_bytes  # noqa: E402
from deepseek_space.models.starter import ensure_starter  # noqa: E402

PRECISIONS = ("fp32", "bf16", "int8", "nf4", "fp4", "bnb-int8", "bnb-nf4")
SHAPES = {"distill-1.5b": ("r1-distill-qwen-1.5b", 28), "v2-lite": ("deepseek-v2-lite-chat", 4)}
# Code and prose of this repository; the figures of one run share it, its sum tells runs apart.
TEXT = ("src/deepseek_space/types.py", "src/deepseek_space/text/templates.py", "README.md", "CONTRIBUTING.md")
WINDOW_TOKENS = 1024
ROWS = 8


@dataclass(frozen=True, kw_only=True)
class Figures:
    """One model at one precision. Rates are tokens per second, ``rows_…`` of eight rows together."""

    model: str
    precision: str
    load_s: float
    peak_bytes: int
    weight_bytes: int
    first_token_s: float
    prompt_rate: float
    decode_rate: float
    rows_decode_rate: float
    perplexity: float | None


def resident_bytes(key: str) -> int:
    """Return VmRSS (now) or VmHWM (highest so far) of this process; Linux only."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(key))


def load_model(folder: Path, precision: str) -> tuple[PreTrainedModel, int]:
    """Return the model and the bytes of its weights."""
    if precision.startswith("bnb-"):
        four_bit = precision == "bnb-nf4"
        config = BitsAndBytesConfig(load_in_4bit=four_bit, load_in_8bit=not four_bit, bnb_4bit_quant_type="nf4")
        model = AutoModelForCausalLM.from_pretrained(folder, quantization_config=config, dtype=torch.bfloat16)
        return model, weight_bytes(model) + _bnb_statistics(model)
    quiet: dict[str, Any] = {"progress": lambda report: None, "cancelled": lambda: False}
    loaded = load(folder, name=folder.name, precision=precision, device="cpu", **quiet)
    return loaded.model, loaded.weight_bytes


def _bnb_statistics(model: PreTrainedModel) -> int:
    states = [getattr(parameter, "quant_state", None) for parameter in model.parameters()]
    scales = [getattr(parameter, "SCB", None) for parameter in model.parameters()]
    return sum(s.absmax.nbytes for s in states if s is not None) + sum(s.nbytes for s in scales if s is not None)


@torch.inference_mode()
def read_prompt(model: PreTrainedModel, ids: torch.Tensor) -> tuple[float, DynamicCache, torch.Tensor]:
    """Return the seconds to the first token, the cache and that token, for ``ids`` (rows, tokens)."""
    cache = DynamicCache(config=model.config)
    start = time.perf_counter()
    logits = model(ids, past_key_values=cache, use_cache=True, logits_to_keep=1).logits
    token = logits[:, -1:].argmax(-1)
    return time.perf_counter() - start, cache, token


@torch.inference_mode()
def decode_rate(model: PreTrainedModel, cache: DynamicCache, token: torch.Tensor, steps: int) -> float:
    """Return tokens per second of all rows together: the median step."""
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        token = model(token, past_key_values=cache, use_cache=True).logits[:, -1:].argmax(-1)
        times.append(time.perf_counter() - start)
    return len(token) / statistics.median(times)


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
    from deepseek_space.models.tokenizer import load_tokenizer

    ids = load_tokenizer(folder).encode(fixed_text(), add_special_tokens=False)
    return torch.tensor(ids[:most_tokens])


def fixed_text() -> str:
    """Return this repository's own text, as much of it as exists."""
    return "\n".join((ROOT / name).read_text(encoding="utf-8") for name in TEXT if (ROOT / name).is_file())


def measure(folder: Path, precision: str, options: argparse.Namespace) -> Figures:
    """Return the figures of the checkpoint in ``folder``; meant for a process of its own."""
    before = resident_bytes("VmRSS")
    start = time.perf_counter()
    model, kept_bytes = load_model(folder, precision)
    load_s, peak_bytes = time.perf_counter() - start, resident_bytes("VmHWM") - before
    generator = torch.Generator().manual_seed(0)
    prompt = torch.randint(1000, model.config.vocab_size, (1, options.prompt), generator=generator)
    read_prompt(model, prompt[:, :8])  # first use: kernels, caches
    readings = [read_prompt(model, prompt) for _ in range(options.repeats)]
    first_token_s, cache, token = min(readings, key=lambda reading: reading[0])
    rows = read_prompt(model, prompt[:, :32].expand(ROWS, -1))
    return Figures(
        model=folder.name,
        precision=precision,
        load_s=load_s,
        peak_bytes=peak_bytes,
        weight_bytes=kept_bytes,
        first_token_s=first_token_s,
        prompt_rate=options.prompt / first_token_s,
        decode_rate=decode_rate(model, cache, token, options.steps),
        rows_decode_rate=decode_rate(model, rows[1], rows[2], options.steps),
        perplexity=perplexity(model, text_ids(folder, options.text)) if options.has_meaning else None,
    )


def make_random(folder: Path, model_name: str, layers: int) -> None:
    """Save random bf16 weights in the shape of ``model_name`` with ``layers`` layers, shard by shard."""
    from transformers import AutoConfig, PreTrainedTokenizerFast

    values = config_values(find(model_name).architecture) | {"num_hidden_layers": layers}
    config = AutoConfig.for_model(values.pop("model_type"), **values)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    model = model.to_empty(device="cpu")
    for name, parameter in model.named_parameters():
        parameter.data.fill_(1) if "norm" in name else parameter.data.normal_(0, 0.02)
    model.save_pretrained(folder, max_shard_size="1GB")
    PreTrainedTokenizerFast(tokenizer_object=byte_tokenizer()).save_pretrained(folder)


def byte_tokenizer() -> Any:
    """Return a tokenizer of bytes: random weights have no words."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={symbol: index for index, symbol in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def in_a_process(target: str, *arguments: object) -> str:
    """Run ``target`` of this file in a process of its own and return the last line that it prints."""
    command = [sys.executable, __file__, target, *map(str, arguments)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{run.stderr}")
    return run.stdout.strip().splitlines()[-1] if run.stdout.strip() else ""


def checkpoints(options: argparse.Namespace, scratch: Path) -> Iterator[tuple[Path, bool]]:
    """Yield each checkpoint and whether its words mean anything, one at a time to spare the disk."""
    for name in options.models:
        if name == "starter":
            cache_dir = options.cache_dir or scratch
            yield ensure_starter(cache_dir, progress=lambda report: None), True
            continue
        published, layers = SHAPES[name]
        in_a_process("make", scratch / name, published, options.layers or layers)
        yield scratch / name, False
        for file in (scratch / name).iterdir():
            file.unlink()


COLUMNS: tuple[tuple[str, Callable[[Figures], str]], ...] = (
    ("model", lambda f: f.model),
    ("precision", lambda f: f.precision),
    ("load s", lambda f: f"{f.load_s:.1f}"),
    ("peak GB", lambda f: f"{f.peak_bytes / 1e9:.2f}"),
    ("weights GB", lambda f: f"{f.weight_bytes / 1e9:.2f}"),
    ("first token s", lambda f: f"{f.first_token_s:.2f}"),
    ("prompt tok/s", lambda f: f"{f.prompt_rate:.0f}"),
    ("decode tok/s", lambda f: f"{f.decode_rate:.1f}"),
    ("8 rows tok/s", lambda f: f"{f.rows_decode_rate:.1f}"),
    ("perplexity", lambda f: "" if f.perplexity is None else f"{f.perplexity:.2f}"),
)


def print_row(cells: list[str]) -> None:
    """Print one row of the table at once, so that a long run shows how far it is."""
    print(
        "  ".join(cell.rjust(max(13, len(title))) for cell, (title, _) in zip(cells, COLUMNS, strict=True)), flush=True
    )


def compare(options: argparse.Namespace) -> None:
    """Measure every model at every precision, print the table and the JSON."""
    print_row([title for title, _ in COLUMNS])
    results: list[Figures] = []
    with tempfile.TemporaryDirectory() as scratch:
        for folder, has_meaning in checkpoints(options, Path(scratch)):
            for precision in options.precisions:
                sizes = (options.prompt, options.steps, options.repeats, options.text, int(has_meaning))
                figures = Figures(**json.loads(in_a_process("measure", folder, precision, *sizes)))
                results.append(figures)
                print_row([cell(figures) for _, cell in COLUMNS])
    summary = {
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "text_sha256": hashlib.sha256(fixed_text().encode()).hexdigest(),
        "results": [asdict(figures) for figures in results],
    }
    print(json.dumps(summary))


def parse(argv: list[str]) -> argparse.Namespace:
    """Return the options of a comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", choices=("starter", *SHAPES), default=["starter", *SHAPES])
    parser.add_argument("--precisions", nargs="+", choices=PRECISIONS, default=list(PRECISIONS))
    parser.add_argument("--layers", type=int, default=0, help="layers of the random models [as the table says]")
    parser.add_argument("--prompt", type=int, default=512, help="prompt tokens")
    parser.add_argument("--steps", type=int, default=32, help="decode steps")
    parser.add_argument("--repeats", type=int, default=3, help="readings of the prompt; the fastest counts")
    parser.add_argument("--text", type=int, default=8192, help="tokens of text for the perplexity")
    parser.add_argument("--cache-dir", type=Path, help="where the starter is kept [fetched anew]")
    return parser.parse_args(argv)


def main(argv: list[str]) -> None:
    if argv[:1] == ["make"]:
        make_random(Path(argv[1]), argv[2], int(argv[3]))
    elif argv[:1] == ["measure"]:
        names = ("prompt", "steps", "repeats", "text", "has_meaning")
        options = argparse.Namespace(**dict(zip(names, map(int, argv[3:]), strict=True)))
        print(json.dumps(asdict(measure(Path(argv[1]), argv[2], options))))
    else:
        compare(parse(argv))


if __name__ == "__main__":
    main(sys.argv[1:])
