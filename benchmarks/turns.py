"""Does a long chat answer as quickly as a new one? Time to first token per turn, with the kept prefix and without.

Every turn adds the same number of tokens: what the person writes, random ids here, and the reply to it.
"""

from collections.abc import Sequence

import measure

from deepseek_space.engine.engine import Engine


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
    runs: list[list[dict[str, float]]] = []
    for round_number in range(options.rounds + 1):
        written = [
            measure.prompt_ids(options.tokens - options.reply, seed=1000 * round_number + turn, vocabulary=vocabulary)
            for turn in range(options.turns)
        ]
        runs.append(chat(sides, written, options.reply))
    # The first round warms the model up.
    turns = [measure.medians([run[turn] for run in runs[1:]]) for turn in range(options.turns)]
    report(turns)


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
    first, last = turns[0], turns[-1]
    measure.finish(
        benchmark="turns",
        turns=len(turns),
        last_turn_s=last["kept"],
        last_over_no_reuse=last["kept"] / last["no reuse"],
        last_over_first=last["kept"] / first["kept"],
        reach={"last_turn_s": 0.5, "last_over_no_reuse": 0.2},
    )


if __name__ == "__main__":
    main()
