"""What do guesses from the conversation's own text save? The engine with and without them, and ``generate`` with its.

Greedy answers to questions that repeat much of what was said, and to some that repeat nothing. transformers' own
``prompt_lookup_num_tokens`` guesses in the same way. Texts can part where two tokens are nearly as likely: in 16 bits a
token that is read with others is rounded otherwise than alone.
"""

import time
from collections.abc import Callable

import measure
import torch

from deepseek_space.engine.reply import Job
from deepseek_space.text.encoder import PromptEncoder
from deepseek_space.types import Message, Sampling

LARGEST_DRAFT = 7
CODE = """def mean(values):
    total = 0
    for value in values:
        total += value
    return total / len(values)


def variance(values):
    m = mean(values)
    return sum((value - m) ** 2 for value in values) / len(values)
"""
QUESTIONS = {
    "change code": f"Rewrite these functions with a docstring each and change nothing else:\n```python\n{CODE}```",
    "correct a text": "Correct the spelling of this text and repeat all of it: The lighthose keeper lived alone on the "
    "iland for thirty years. Every evening he climed the stairs and lit the lamp. He wrote down every ship that past.",
    "make a table": "Write a Markdown table of ten large countries with their capital, area and population.",
    "write code": "Write a Python class for a bank account with deposit, withdraw and transfer, and tests for it.",
    "explain": "Explain how photosynthesis works, step by step.",
    "tell a story": "Write a long story about a lighthouse keeper, the sea and a storm, with many details.",
}
Figures = dict[str, float]


def main() -> None:
    parser = measure.parser(__doc__, rounds=3)
    parser.add_argument("--tokens", type=int, default=200, help="longest answer")
    parser.add_argument("--precision", default="bf16", help="of the engine; transformers computes in bf16")
    options = parser.parse_args()
    questions = QUESTIONS
    if options.quick:
        options.rounds, options.tokens, questions = 1, 8, {"explain": QUESTIONS["explain"]}
    encoder = PromptEncoder(measure.starter().tokenizer, family="own")
    sides = {
        "generate": measure.Contender(generate, 0),
        "generate, lookup": measure.Contender(generate, LARGEST_DRAFT),
        "engine": measure.Contender(engine, options.precision, False),
        "engine, guesses": measure.Contender(engine, options.precision, True),
    }
    results = {}
    for name, question in questions.items():
        ids = encoder.chat([Message(role="user", content=question)]).ids
        runs = {side: lambda c=contender, i=ids: c.run(i, options.tokens) for side, contender in sides.items()}
        results[name] = measure.repeat(runs, options.rounds)
    for contender in sides.values():
        contender.close()
    report(results)


def report(results: dict[str, dict[str, Figures]]) -> None:
    """Print tokens per second of each side, and tokens per step, which no other program's load changes."""
    ratios = {}
    rows = []
    for name, sides in results.items():
        rates = [figures["rate"] for figures in sides.values()]
        guessing = sides["engine, guesses"]
        ratios[name] = guessing["rate"] / sides["engine"]["rate"]
        rows.append((name, *rates, ratios[name], guessing["tokens"] / guessing["steps"]))
    measure.table(["answer", *next(iter(results.values())), "guesses / none", "tokens a step"], rows)
    measure.finish(benchmark="drafts", guesses_over_none=ratios, reach={"lowest": 0.95})


def generate(lookup_tokens: int) -> Callable[[tuple[int, ...], int], Figures]:
    """Return what answers with transformers' own ``generate``, guessing up to ``lookup_tokens``; 0 for none."""
    model = measure.stock_starter()
    guessing = {"prompt_lookup_num_tokens": lookup_tokens} if lookup_tokens else {}

    @torch.inference_mode()
    def run(prompt: tuple[int, ...], tokens: int) -> Figures:
        started = time.perf_counter()
        clock = measure.FirstToken(started)
        ids = torch.tensor([prompt])
        output = model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=tokens,
            do_sample=False,
            stopping_criteria=[clock],
            **guessing,
        )
        elapsed = time.perf_counter() - started - clock.first_s
        return {"rate": (output.shape[1] - len(prompt) - 1) / elapsed}

    return run


def engine(precision: str, drafts: bool) -> Callable[[tuple[int, ...], int], Figures]:
    """Return what answers with the engine, keeping nothing from one answer for the next."""
    loaded = measure.starter(precision)
    engine = measure.engine_of(loaded.model, drafts=drafts)

    def run(prompt: tuple[int, ...], tokens: int) -> Figures:
        engine.prefixes.shrink(0)
        before = engine.counters.steps
        sampling = Sampling(temperature=0, repetition_penalty=1, max_new_tokens=tokens)
        row = engine.submit(Job(prompt=prompt, sampling=sampling, stop_ids=frozenset({loaded.tokenizer.eos_token_id})))
        while engine.step():
            pass
        return {"rate": row.tokens_per_second, "tokens": row.num_generated, "steps": engine.counters.steps - before}

    return run


if __name__ == "__main__":
    main()
