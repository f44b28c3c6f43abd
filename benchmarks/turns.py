"""Does a long chat answer as quickly as a new one? Time to first token per turn, with the kept prefix and without.

Every turn adds the same number of tokens: what the person writes, random ids here, and the reply to it. Then the same
through HTTP, of words, by the app and, where it is installed, by vLLM, which keeps what it has read too.
"""

import argparse
import random
import shutil
import time
from collections.abc import Sequence
from contextlib import ExitStack

import httpx
import measure
import people

from deepseek_space.engine.engine import Engine

# One token each, with the blank before it.
WORDS = "time year people way day man thing woman life child world school state family student group country hand part"
FRAME_TOKENS = 40
"""What the format of a conversation takes, about."""
HTTP, VLLM = "through HTTP", "vLLM"
REST_S = 1.5
"""vLLM looks for more work for a second, on a whole core."""
Turns = list[dict[str, float]]


def main() -> None:
    parser = measure.parser(__doc__, rounds=2)
    parser.add_argument("--turns", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=300, help="tokens that a turn adds, reply included")
    parser.add_argument("--reply", type=int, default=64, help="tokens of the reply among them")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.turns, options.tokens, options.reply = 1, 2, 24, 4
    loaded = measure.starter()
    vocabulary = loaded.model.config.vocab_size
    sides = {name: measure.engine_of(loaded.model) for name in ("kept", "no reuse")}
    runs: list[Turns] = []
    for round_number in range(options.rounds + 1):
        written = [
            measure.prompt_ids(options.tokens - options.reply, seed=1000 * round_number + turn, vocabulary=vocabulary)
            for turn in range(options.turns)
        ]
        runs.append(chat(sides, written, options.reply))
    # The first round warms the model up.
    report(medians(runs[1:]))
    del sides, loaded
    served = through_http(options)
    report_served(served)
    last = {name: turns[-1]["first"] for name, turns in served.items()}
    finish(medians(runs[1:]), last)


def medians(runs: Sequence[Turns]) -> Turns:
    """Return the median of each figure of each turn."""
    return [measure.medians(turns) for turns in zip(*runs, strict=True)]


def through_http(options: argparse.Namespace) -> dict[str, Turns]:
    """Return each turn's prompt tokens and seconds to the first token of every server."""
    with ExitStack() as stack:
        flags = ("--model", "starter", "--precision", "bf16", "--device", "cpu")
        urls = {HTTP: stack.enter_context(people.running_app(*flags))}
        if shutil.which("vllm"):
            urls[VLLM] = stack.enter_context(people.running_vllm(measure.starter_folder()))
        http = stack.enter_context(httpx.Client(timeout=600))
        runs: dict[str, list[Turns]] = {name: [] for name in urls}
        for seed in range(options.rounds + 1):
            for name, url in urls.items():
                runs[name].append(chat_served(http, f"{url}/v1", options, seed=seed))
                time.sleep(REST_S)
        return {name: medians(rounds[1:]) for name, rounds in runs.items()}


def chat_served(http: httpx.Client, url: str, options: argparse.Namespace, *, seed: int) -> Turns:
    """Hold a chat of words that grows by as many tokens a turn, the format's own included."""
    words, messages, turns = random.Random(seed), list[dict[str, str]](), Turns()
    model, length = people.model_of(http, url), 0
    for number in range(1, options.turns + 1):
        text = " ".join(words.choices(WORDS.split(), k=max(1, number * options.tokens - FRAME_TOKENS - length)))
        messages.append({"role": "user", "content": f"{seed} {text}"})
        started = time.perf_counter()
        reply = people.read_reply(http, url, model, messages, seed=seed, tokens=options.reply)
        turns.append({"prompt": reply.usage["prompt_tokens"], "first": reply.first_at - started})
        messages.append({"role": "assistant", "content": reply.text})
        length = reply.usage["prompt_tokens"] + reply.usage["completion_tokens"]
    return turns


def chat(sides: dict[str, Engine], written: Sequence[tuple[int, ...]], reply: int) -> list[dict[str, float]]:
    """Hold the same chat with every side in turns; return each turn's prompt length and seconds to first token."""
    for engine in sides.values():
        engine.prefixes.shrink(0)
    history: tuple[int, ...] = ()
    turns = []
    for message in written:
        history += message
        figures: dict[str, float] = {"prompt": len(history)}
        for name, engine in sides.items():
            if name == "no reuse":
                engine.prefixes.shrink(0)
            row = engine.submit(measure.greedy_job(history, reply))
            while engine.step():
                pass
            figures[name] = row.time_to_first_token_s
        history = tuple(row.ids)
        turns.append(figures)
    return turns


def report(turns: Sequence[dict[str, float]]) -> None:
    measure.table(
        ["turn", "prompt tokens", "kept prefix, s", "no reuse, s", "ratio"],
        [
            (number, int(turn["prompt"]), turn["kept"], turn["no reuse"], turn["kept"] / turn["no reuse"])
            for number, turn in enumerate(turns, start=1)
        ],
    )


def report_served(served: dict[str, Turns]) -> None:
    measure.table(
        ["turn", *(head for name in served for head in (f"{name}: prompt tokens", "first token, s"))],
        [
            (number, *(cell for turn in together for cell in (int(turn["prompt"]), turn["first"])))
            for number, together in enumerate(zip(*served.values(), strict=True), start=1)
        ],
    )


def finish(turns: Turns, last_served_s: dict[str, float]) -> None:
    first, last = turns[0], turns[-1]
    measure.finish(
        benchmark="turns",
        turns=len(turns),
        last_turn_s=last["kept"],
        last_over_no_reuse=last["kept"] / last["no reuse"],
        last_over_first=last["kept"] / first["kept"],
        last_turn_served_s=last_served_s,
        reach={"last_turn_s": 0.5, "last_over_no_reuse": 0.2, "last_turn_served_s": 0.35},
    )


if __name__ == "__main__":
    main()
