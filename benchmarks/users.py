"""What do many people at once cost? The engine's batch beside one-at-a-time ``generate`` and continuous batching.

Each person sends a prompt of their own at the same moment and gets the same number of tokens. Compared are all
tokens per second and the longest wait for a first token. Every side has a process, and so a model, of its own.
"""

import argparse
import threading
import time
from collections.abc import Callable

import measure
import torch
from transformers import ContinuousBatchingConfig
from transformers.generation.continuous_batching import ContinuousBatchingManager

from deepseek_space.engine.worker import Worker

PAGE_TOKENS = 256
VOCABULARY = 49_152  # the starter's
Figures = dict[str, float]
Prompts = list[tuple[int, ...]]
Run = Callable[[Prompts, int], Figures]


def main() -> None:
    parser = measure.parser(__doc__, rounds=1)
    parser.add_argument("--people", type=int, nargs="+", default=[1, 2, 4, 8, 16])
    parser.add_argument("--tokens", type=int, default=128, help="tokens for each person")
    parser.add_argument("--prompt", type=int, default=64, help="prompt tokens of each person")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.people, options.tokens = 1, [1, 2], 4
    # With just as many pages as people need, the last one waits.
    pages = 1 + max(options.people) * -(-(options.prompt + options.tokens) // PAGE_TOKENS)
    sides = {
        "generate": measure.Contender(one_at_a_time),
        "continuous batching": measure.Contender(continuous_batching, pages),
        "engine bf16": measure.Contender(engine, "bf16"),
        "engine int8": measure.Contender(engine, "int8"),
    }
    results = {people: compare(sides, people, options) for people in options.people}
    for side in sides.values():
        side.close()
    report(results)


def compare(sides: dict[str, measure.Contender], people: int, options: argparse.Namespace) -> dict[str, Figures]:
    """Return every side's figures at ``people``; a few tokens first, so that all of them are warm."""
    prompts = [measure.prompt_ids(options.prompt, seed=seed, vocabulary=VOCABULARY) for seed in range(people)]
    for side in sides.values():
        side.run(prompts, 4)
    runs = {name: lambda side=side: side.run(prompts, options.tokens) for name, side in sides.items()}
    return measure.repeat(runs, options.rounds, warm_up=False)


def report(results: dict[int, dict[str, Figures]]) -> None:
    measure.table(
        ["people", "side", "tokens/s", "worst first token, s"],
        [
            (people, name, figures["rate"], figures["first_s"])
            for people, sides in results.items()
            for name, figures in sides.items()
        ],
    )
    most = 8 if 8 in results else max(results)
    sides = results[most]
    rates = {name: figures["rate"] for name, figures in sides.items()}
    measure.finish(
        benchmark="users",
        people=most,
        over_generate=rates["engine bf16"] / rates["generate"],
        over_continuous_batching=rates["engine bf16"] / rates["continuous batching"],
        int8_over_generate=rates["engine int8"] / rates["generate"],
        int8_tokens_per_second=rates["engine int8"],
        worst_first_token_s=sides["engine bf16"]["first_s"],
        one_user_over_generate=_one_user(results),
        reach={
            "over_generate": 4,
            "over_continuous_batching": 1.5,
            "worst_first_token_s": 1,
            "one_user_over_generate": 1,
        },
    )


def _one_user(results: dict[int, dict[str, Figures]]) -> float | None:
    alone = results.get(1)
    return alone["engine bf16"]["rate"] / alone["generate"]["rate"] if alone else None


def engine(precision: str) -> Run:
    """Read every reply in a thread of its own, as the app does."""
    worker = Worker(measure.engine_of(measure.starter(precision).model))

    def run(prompts: Prompts, tokens: int) -> Figures:
        worker.engine.prefixes.shrink(0)
        started = time.perf_counter()
        rows = [worker.submit(measure.greedy_job(prompt, tokens)) for prompt in prompts]
        readers = [threading.Thread(target=lambda row=row: list(worker.events(row, wait_s=1))) for row in rows]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        elapsed = time.perf_counter() - started
        return {
            "rate": sum(row.num_generated for row in rows) / elapsed,
            "first_s": max(row.time_to_first_token_s for row in rows),
        }

    return run


def one_at_a_time() -> Run:
    """Serve one person after the other. Each costs the same, so one is timed and the wait of the last one follows."""
    model = measure.stock_starter()

    @torch.inference_mode()
    def run(prompts: Prompts, tokens: int) -> Figures:
        started = time.perf_counter()
        clock = measure.FirstToken(started)
        config = measure.greedy_config(tokens)
        model.generate(torch.tensor(prompts[:1]), generation_config=config, stopping_criteria=[clock])
        reply_s = time.perf_counter() - started
        return {"rate": tokens / reply_s, "first_s": (len(prompts) - 1) * reply_s + clock.first_s}

    return run


def continuous_batching(pages: int) -> Run:
    """Start transformers' own scheduler with a cache of just the size that is needed: it costs time, used or not."""
    manager = measure.stock_starter().init_continuous_batching(
        generation_config=measure.greedy_config(1),
        continuous_batching_config=ContinuousBatchingConfig(
            page_size=PAGE_TOKENS, num_blocks=pages, max_batch_tokens=512, allow_block_sharing=False
        ),
    )
    manager.start()
    return lambda prompts, tokens: _through(manager, prompts, tokens)


def _through(manager: ContinuousBatchingManager, prompts: Prompts, tokens: int) -> Figures:
    started = time.perf_counter()
    manager.add_requests([list(prompt) for prompt in prompts], max_new_tokens=tokens, record_timestamps=True)
    done = []
    while len(done) < len(prompts):
        result = manager.get_result(timeout=1)
        if result and result.is_finished():
            if result.error:
                raise RuntimeError(f"continuous batching failed: {result.error}")
            done.append(result)
        elif not manager.is_running():
            raise RuntimeError("transformers' continuous batching stopped; its log says why.")
    elapsed = time.perf_counter() - started
    return {
        "rate": sum(len(result.generated_tokens) for result in done) / elapsed,
        "first_s": max(result.timestamps[0] for result in done) - started,
    }


if __name__ == "__main__":
    main()
