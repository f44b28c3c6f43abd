"""What is lost between engine and client? The app through HTTP beside its engine alone, for one person and for many.

The same conversations, seeds and parameters on both sides, tokens sampled; all tokens per second, and the longest wait
for a first one. Both have processes of their own, and people read in threads of this one. ``--shape`` takes random
weights in a published shape instead of the starter.
"""

import argparse
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import measure
import people
import random_gguf

from deepseek_space.engine.reply import Job
from deepseek_space.engine.worker import Worker
from deepseek_space.text.encoder import PromptEncoder
from deepseek_space.types import Message, Sampling

Conversation = list[dict[str, str]]
Figures = dict[str, float]
PRECISIONS = {"starter": "bf16", "distill-1.5b": "int8"}


def main() -> None:
    parser = measure.parser(__doc__, rounds=3)
    parser.add_argument("--people", type=int, nargs="+", default=[1, 4, 8])
    parser.add_argument("--tokens", type=int, default=128, help="most tokens for each person")
    parser.add_argument("--shape", choices=PRECISIONS, default="starter")
    parser.add_argument("--precision", help="[bf16 for the starter, int8 for what is larger]")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.people, options.tokens = 1, [1, 2], 8
    with tempfile.TemporaryDirectory() as scratch:
        if options.shape == "starter":
            model, folder = "starter", measure.starter_folder()
        else:
            folder = random_gguf.save_checkpoint(Path(scratch), options.shape, tiny=options.quick)
            model = str(folder)
        results = measured(model, folder, options.precision or PRECISIONS[options.shape], options)
    report(results, options.shape)


def measured(model: str, folder: Path, precision: str, options: argparse.Namespace) -> dict[int, dict[str, Figures]]:
    """Return the figures of both sides for each number of people.

    ``model`` is what the app calls the checkpoint in ``folder``.
    """
    alone = measure.Contender(engine, folder, precision)
    with people.running_app("--model", model, "--precision", precision, "--device", "cpu") as url:
        results = {count: compare(alone, f"{url}/v1", count, options) for count in options.people}
    alone.close()
    return results


def compare(alone: measure.Contender, url: str, count: int, options: argparse.Namespace) -> dict[str, Figures]:
    """Return the figures of both sides for ``count`` people; the first round warms up."""
    sides = {
        "engine alone": lambda: alone.run(people.conversations(count), options.tokens),
        "through HTTP": lambda: people.ask_together(url, people.conversations(count), tokens=options.tokens),
    }
    return measure.repeat(sides, options.rounds)


def report(results: dict[int, dict[str, Figures]], shape: str) -> None:
    measure.table(
        ["people", "side", "tokens/s", "worst first token, s"],
        [
            (count, name, figures["rate"], figures["first_s"])
            for count, sides in results.items()
            for name, figures in sides.items()
        ],
    )
    shares = {count: sides["through HTTP"]["rate"] / sides["engine alone"]["rate"] for count, sides in results.items()}
    measure.finish(benchmark="serving", shape=shape, http_over_engine=shares, reach={"http_over_engine": 0.9})


def engine(folder: Path, precision: str) -> Callable[[list[Conversation], int], Figures]:
    """Return what answers conversations with the engine alone, each read in a thread of its own."""
    loaded = measure.loaded(folder, precision, name=folder.name)
    assert loaded.model is not None
    encoder = PromptEncoder(loaded.tokenizer, family="own")
    worker = Worker(measure.engine_of(loaded.model, drafts=True))

    def job(seed: int, conversation: Conversation, tokens: int) -> Job:
        prompt = encoder.chat(tuple(Message(**message) for message in conversation)).ids
        sampling = Sampling(**people.SAMPLING, seed=seed, max_new_tokens=tokens)
        return Job(prompt=prompt, sampling=sampling, stop_ids=loaded.stop_ids)

    def run(conversations: list[Conversation], tokens: int) -> Figures:
        jobs = [job(seed, conversation, tokens) for seed, conversation in enumerate(conversations)]
        started = time.perf_counter()
        rows = [worker.submit(each) for each in jobs]
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


if __name__ == "__main__":
    main()
