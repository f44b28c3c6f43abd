"""What do many people at once cost? The engine's batch beside one-at-a-time ``generate`` and continuous batching.

Each person sends a prompt of their own at the same moment and gets the same number of tokens. Compared are all
tokens per second and the longest wait for a first token. transformers' continuous batching has a copy of the model.
"""

import threading
import time
from collections.abc import Callable

import measure
import torch
from transformers import ContinuousBatchingConfig, PreTrainedModel
from transformers.generation.continuous_batching import ContinuousBatchingManager

from deepseek_space.engine.worker import Worker

Figures = dict[str, float]
Prompts = list[tuple[int, ...]]


def main() -> None:
    parser = measure.parser(__doc__, rounds=3)
    parser.add_argument("--people", type=int, nargs="+", default=[1, 2, 4, 8, 16])
    parser.add_argument("--tokens", type=int, default=128, help="tokens for each person")
    parser.add_argument("--prompt", type=int, default=64, help="prompt tokens of each person")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.people, options.tokens = 1, [1, 2], 4
    plain = measure.starter()
    vocabulary = plain.model.config.vocab_size
    workers = {name: Worker(measure.engine_of(measure.starter(name).model)) for name in ("bf16", "int8")}
    manager = batching_manager(measure.starter().model, options.tokens)
    results = {}
    for people in options.people:
        prompts = [measure.prompt_ids(options.prompt, seed=seed, vocabulary=vocabulary) for seed in range(people)]
        sides: dict[str, Callable[[], Figures]] = {
            "generate": lambda prompts=prompts: one_at_a_time(plain.model, prompts, options.tokens),
            "continuous batching": lambda prompts=prompts: continuous(manager, prompts, options.tokens),
            "engine bf16": lambda prompts=prompts: engine(workers["bf16"], prompts, options.tokens),
            "engine int8": lambda prompts=prompts: engine(workers["int8"], prompts, options.tokens),
        }
        results[people] = measure.repeat(sides, options.rounds)
    manager.stop(block=True)
    for worker in workers.values():
        worker.close()
    report(results)


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
        reach={"over_generate": 4, "over_continuous_batching": 1.5, "worst_first_token_s": 1},
    )


def _one_user(results: dict[int, dict[str, Figures]]) -> float | None:
    alone = results.get(1)
    return alone["engine bf16"]["rate"] / alone["generate"]["rate"] if alone else None


def engine(worker: Worker, prompts: Prompts, tokens: int) -> Figures:
    """Read every reply in a thread of its own, as the app does."""
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


def one_at_a_time(model: PreTrainedModel, prompts: Prompts, tokens: int) -> Figures:
    config = measure.greedy_config(tokens)
    started, first_s = time.perf_counter(), 0.0
    with torch.inference_mode():
        for prompt in prompts:
            clock = measure.FirstToken(started)
            model.generate(torch.tensor([prompt]), generation_config=config, stopping_criteria=[clock])
            first_s = max(first_s, clock.first_s)
    return {"rate": len(prompts) * tokens / (time.perf_counter() - started), "first_s": first_s}


def batching_manager(model: PreTrainedModel, tokens: int) -> ContinuousBatchingManager:
    """Return transformers' own scheduler, started; the sizes fit every number of people here."""
    manager = model.init_continuous_batching(
        generation_config=measure.greedy_config(tokens),
        continuous_batching_config=ContinuousBatchingConfig(
            num_blocks=64, max_batch_tokens=512, allow_block_sharing=False
        ),
    )
    manager.start()
    return manager


def continuous(manager: ContinuousBatchingManager, prompts: Prompts, tokens: int) -> Figures:
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
