"""How is a very long prompt read? The engine's chunks beside the bare forward, memory, and how soon Stop works.

A random llama of few layers and long context, in bf16. The bare model reads the same prompt in the same chunks over
its ``DynamicCache``, and in one pass without a cache. Each side has a process of its own: its memory is how much the
process has grown at most since the model was loaded.
"""

import resource
import time
from collections.abc import Callable

import measure
import psutil
import torch
from transformers import DynamicCache, LlamaConfig, LlamaForCausalLM, PreTrainedModel

from deepseek_space.engine.scheduler import SOLE_READER_CHUNKS
from deepseek_space.engine.worker import Worker
from deepseek_space.events import Prefill

VOCABULARY = 8192
WARM_UP_CHUNKS = 8  # Stop needs more than one
Figures = dict[str, float]


def main() -> None:
    parser = measure.parser(__doc__, rounds=1)
    parser.add_argument("--tokens", type=int, default=32_768, help="length of the prompt")
    parser.add_argument("--chunk", type=int, default=1024, help="tokens that one pass reads")
    parser.add_argument("--layers", type=int, default=2)
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.tokens, options.chunk = 1, 1024, 128
    context = max(options.tokens, WARM_UP_CHUNKS * options.chunk) + 16
    sides = {
        "engine": measure.Contender(engine, options.layers, context, options.chunk),
        "bare, same chunks": measure.Contender(bare, options.layers, context, options.chunk),
        "bare, one pass": measure.Contender(bare, options.layers, context, options.tokens),
    }
    for side in sides.values():
        side.run(WARM_UP_CHUNKS * options.chunk)
    runs = {name: lambda side=side: side.run(options.tokens) for name, side in sides.items()}
    report(measure.repeat(runs, options.rounds, warm_up=False))
    for side in sides.values():
        side.close()


def small_model(layers: int, context: int) -> PreTrainedModel:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=512,
        intermediate_size=1536,
        num_hidden_layers=layers,
        num_attention_heads=8,
        num_key_value_heads=2,
        max_position_embeddings=context,
    )
    return LlamaForCausalLM(config).bfloat16().eval()


def engine(layers: int, context: int, chunk: int) -> Callable[[int], Figures]:
    """Read the prompt with the engine; then once more, stopped when three quarters are read."""
    model = small_model(layers, context)
    worker = Worker(measure.engine_of(model, context_tokens=context, chunk_tokens=chunk // SOLE_READER_CHUNKS))

    def read(prompt: tuple[int, ...]) -> None:
        row = worker.submit(measure.greedy_job(prompt, 1))
        for _ in worker.events(row, wait_s=1):
            pass

    watched = watch(read)
    return lambda tokens: watched(tokens) | stopped_late(worker, prompt_of(tokens))


def bare(layers: int, context: int, chunk: int) -> Callable[[int], Figures]:
    """Read the prompt with the model alone, ``chunk`` tokens at a time."""
    model = small_model(layers, context)

    @torch.inference_mode()
    def read(prompt: tuple[int, ...]) -> None:
        ids, cache = torch.tensor([prompt]), DynamicCache() if chunk < len(prompt) else None
        for start in range(0, len(prompt), chunk):
            part = ids[:, start : start + chunk]
            model(part, past_key_values=cache, use_cache=cache is not None, logits_to_keep=1)

    return watch(read)


def prompt_of(tokens: int) -> tuple[int, ...]:
    return measure.prompt_ids(tokens, seed=tokens, vocabulary=VOCABULARY)


def watch(read: Callable[[tuple[int, ...]], None]) -> Callable[[int], Figures]:
    """Return what reads a prompt of so many tokens and tells the rate, and by how many bytes the process has grown."""
    before = psutil.Process().memory_info().rss

    def run(tokens: int) -> Figures:
        prompt = prompt_of(tokens)
        started = time.perf_counter()
        read(prompt)
        elapsed = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        return {"rate": tokens / elapsed, "peak_bytes": float(peak - before)}

    return run


def stopped_late(worker: Worker, prompt: tuple[int, ...]) -> Figures:
    """Cancel a prompt that is three quarters read; return how long that took, and how long a chunk took there."""
    worker.engine.prefixes.shrink(0)
    row = worker.submit(measure.greedy_job(prompt, 1))
    chunk_s, last = 0.0, time.perf_counter()
    for event in worker.events(row, wait_s=1):
        if isinstance(event, Prefill):
            now = time.perf_counter()
            chunk_s, last = now - last, now
            if event.read >= 0.75 * len(prompt):
                break
    cancelled = time.perf_counter()
    row.cancel()
    for _ in worker.events(row, wait_s=1):
        pass
    stop_s = time.perf_counter() - cancelled
    worker.engine.prefixes.shrink(0)
    return {"stop_s": stop_s, "chunk_s": chunk_s}


def report(results: dict[str, Figures]) -> None:
    measure.table(
        ["side", "tokens/s", "peak, MB"],
        [(name, figures["rate"], figures["peak_bytes"] / 1e6) for name, figures in results.items()],
    )
    engine, chunks, whole = results.values()
    print(f"\nStop took {engine['stop_s'] * 1e3:.0f} ms; a chunk there takes {engine['chunk_s'] * 1e3:.0f} ms.\n")
    measure.finish(
        benchmark="long",
        over_same_chunks=engine["rate"] / chunks["rate"],
        over_one_pass=engine["rate"] / whole["rate"],
        memory_over_same_chunks=engine["peak_bytes"] / max(1.0, chunks["peak_bytes"]),
        stop_over_chunk=engine["stop_s"] / engine["chunk_s"],
        reach={"over_same_chunks": 0.9, "stop_over_chunk": 1},
    )


if __name__ == "__main__":
    main()
