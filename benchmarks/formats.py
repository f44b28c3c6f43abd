"""What does it cost to hold an answer to a form? Tokens per second with and without, in turns, on the same engine.

The forms are so long that no side comes to its end by itself.
"""

import json
import time
from collections.abc import Callable
from dataclasses import replace

import asked
import measure

from deepseek_space.backends.base import Backend
from deepseek_space.types import Constraint, Message, Request, Sampling

QUESTION = "Tell of twenty towns by the sea, each with its name, its country and what there is to see."
TOWN = {
    "type": "object",
    "properties": {name: {"type": "string", "minLength": 20} for name in ("name", "country", "sights")},
    "required": ["name", "country", "sights"],
    "additionalProperties": False,
}
SCHEMA = {"type": "array", "items": TOWN, "minItems": 50}
FORMS: dict[str, Constraint | None] = {
    "none": None,
    "json_object": Constraint(kind="json_schema", text=json.dumps({"type": "object", "minProperties": 200})),
    "json_schema": Constraint(kind="json_schema", text=json.dumps(SCHEMA)),
    "regex": Constraint(kind="regex", text=r"(\d+\. [A-Z][^\n]{20,}\n){50,}"),
}


def main() -> None:
    parser = measure.parser(__doc__, rounds=5)
    asked.add_flags(parser, tokens=128)
    parser.add_argument("--people", type=int, nargs="+", default=[1, 8])
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.people, options.tokens = 1, [2], 8
    with asked.model(options) as (backend, status):
        sampling = replace(status.sampling, max_new_tokens=options.tokens)
        results = {
            people: measure.repeat(
                {name: _side(backend, form, sampling, people) for name, form in FORMS.items()}, options.rounds
            )
            for people in options.people
        }
    measure.table(
        ["people", "form", "tokens/s", "of free text", "first token, ms"],
        [
            (people, name, found["rate"], found["rate"] / sides["none"]["rate"], found["first_ms"])
            for people, sides in results.items()
            for name, found in sides.items()
        ],
    )
    measure.finish(
        benchmark="formats",
        model=status.model,
        precision=status.precision,
        over_free={
            f"{name}, {people}": found["rate"] / sides["none"]["rate"]
            for people, sides in results.items()
            for name, found in sides.items()
            if name != "none"
        },
        reach={"over_free": 0.9},
    )


def _side(backend: Backend, form: Constraint | None, sampling: Sampling, people: int) -> Callable[[], dict[str, float]]:
    """Return what asks for as many replies at once as there are ``people``, each with a seed of its own."""
    question = (Message(role="user", content=QUESTION),)
    requests = [
        Request(messages=question, sampling=replace(sampling, seed=seed), constraint=form) for seed in range(people)
    ]

    def run() -> dict[str, float]:
        begun = time.perf_counter()
        replies = asked.replies(backend, requests, at_once=people)
        took_s = time.perf_counter() - begun
        if broken := next((reply.error for reply in replies if reply.error), ""):
            raise SystemExit(broken)
        usages = [reply.usage for reply in replies]
        return {
            "rate": sum(usage.generated_tokens for usage in usages) / took_s,
            "first_ms": 1000 * max(usage.time_to_first_token_s for usage in usages),
        }

    return run


if __name__ == "__main__":
    main()
