"""How is a very long prompt read? The engine's chunks beside the bare forward, memory, and how soon Stop works.

A random llama of few layers and long context, in bf16. The bare model reads the same prompt in the same chunks over
its ``DynamicCache``, and in one pass without a cache.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import measure
import psutil
import torch
from transformers import DynamicCache, LlamaConfig, LlamaForCausalLM, PreTrainedModel

from deepseek_space.engine.engine import SOLE_READER_CHUNKS, Engine
from deepseek_space.engine.worker import Worker
from deepseek_space.types import Prefill

VOCABULARY = 8192
Figures = dict[str, float]


def main() -> None:
    parser = measure.parser(__doc__, rounds=3)
    parser.add_argument("--tokens", type=int, default=32_768, help="length of the prompt")
    parser.add_argument("--chunk", type=int, default=1024, help="tokens that one pass reads")
    parser.add_argument("--layers", type=int, default=2)
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.tokens, options.chunk = 1, 1024, 128
    plain = small_model(options.layers, options.tokens + 16)
    engine = measure.engine_of(
        small_model(options.layers, options.tokens + 16),
        context_tokens=options.tokens + 16,
        chunk_tokens=options.chunk // SOLE_READER_CHUNKS,
    )
    prompt = measure.prompt_ids(options.tokens, seed=1, vocabulary=VOCABULARY)
    sides = {
        "engine": lambda: watched(lambda: engine_reads(engine, prompt), len(prompt)),
        "bare, same chunks": lambda: watched(lambda: bare_reads(plain, prompt, options.chunk), len(prompt)),
        "bare, one pass": lambda: watched(lambda: bare_reads(plain, prompt, len(prompt)), len(prompt)),
    }
    results = measure.repeat(sides, options.rounds)
    worker = Worker(engine)
    stop = measure.medians([stopped_late(worker, prompt) for _ in range(options.rounds)])
    worker.close()
    report(results, stop)


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


def engine_reads(engine: Engine, prompt: tuple[int, ...]) -> None:
    engine.prefixes.shrink(0)
    engine.submit(measure.greedy_job(prompt, 1))
    while engine.step():
        pass


@torch.inference_mode()
def bare_reads(model: PreTrainedModel, prompt: tuple[int, ...], chunk: int) -> None:
    ids, cache = torch.tensor([prompt]), DynamicCache() if chunk < len(prompt) else None
    for start in range(0, len(prompt), chunk):
        part = ids[:, start : start + chunk]
        model(part, past_key_values=cache, use_cache=cache is not None, logits_to_keep=1)


def watched(read: Callable[[], None], tokens: int) -> Figures:
    """Return tokens per second, and how many bytes the process grew by at most."""
    started = time.perf_counter()
    with peak_memory() as grown:
        read()
    return {"rate": tokens / (time.perf_counter() - started), "peak_bytes": float(max(grown))}


@contextmanager
def peak_memory() -> Iterator[list[int]]:
    """Collect how much more memory than now the process holds, every 10 ms."""
    process, ended = psutil.Process(), threading.Event()
    before, grown = process.memory_info().rss, [0]

    def watch() -> None:
        while not ended.wait(0.01):
            grown.append(process.memory_info().rss - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield grown
    finally:
        ended.set()
        watcher.join()


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
    return {"stop_s": time.perf_counter() - cancelled, "chunk_s": chunk_s}


def report(results: dict[str, Figures], stop: Figures) -> None:
    measure.table(
        ["side", "tokens/s", "peak, MB"],
        [(name, figures["rate"], figures["peak_bytes"] / 1e6) for name, figures in results.items()],
    )
    print(f"\nStop took {stop['stop_s'] * 1e3:.0f} ms; a chunk there takes {stop['chunk_s'] * 1e3:.0f} ms.\n")
    engine, chunks, whole = results.values()
    measure.finish(
        benchmark="long",
        over_same_chunks=engine["rate"] / chunks["rate"],
        over_one_pass=engine["rate"] / whole["rate"],
        memory_over_same_chunks=engine["peak_bytes"] / max(1.0, chunks["peak_bytes"]),
        stop_over_chunk=stop["stop_s"] / stop["chunk_s"],
        reach={"over_same_chunks": 0.9, "stop_over_chunk": 1},
    )


if __name__ == "__main__":
    main()
