"""How fast beside its peers? The starter over HTTP: as it is and in bf16 here, by llama.cpp's own server, and by vLLM.

All sides answer the same questions in turns, over OpenAI's protocol, sampled alike; llama.cpp's server is that of the
wheel ``xllamacpp``, and vLLM takes part where it is installed. All tokens per second, and the longest wait for a first.
"""

import shutil
from contextlib import ExitStack
from pathlib import Path

import measure
import people

from deepseek_space.models.starter import ensure_starter
from deepseek_space.models.starter_gguf import ensure_starter_gguf

Figures = dict[str, float]
AS_IT_IS, BF16, LLAMA_CPP, VLLM = "here, Q4_1 as it is", "here, bf16", "llama.cpp's server, Q4_1", "vLLM, bf16"


def main() -> None:
    parser = measure.parser(__doc__, rounds=3)
    parser.add_argument("--people", type=int, nargs="+", default=[1, 4, 8])
    parser.add_argument("--tokens", type=int, default=128, help="most tokens for each person")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.people, options.tokens = 1, [1, 2], 8
    with ExitStack() as stack:
        urls = servers(stack, most=max(options.people), tokens=options.tokens)
        results = {
            count: measure.repeat(
                {
                    name: lambda url=url, count=count: people.ask_together(
                        f"{url}/v1", people.conversations(count), tokens=options.tokens
                    )
                    for name, url in urls.items()
                },
                options.rounds,
            )
            for count in options.people
        }
    report(results)


def servers(stack: ExitStack, *, most: int, tokens: int) -> dict[str, str]:
    """Start all sides, for ``most`` people at once; return their addresses."""

    def quiet(_loading: object) -> None:
        pass

    gguf, folder = (ensure(measure.CACHE_DIR, progress=quiet) for ensure in (ensure_starter_gguf, ensure_starter))
    app = ("--model", "starter", "--device", "cpu")
    urls = {
        AS_IT_IS: stack.enter_context(people.running_app(*app)),
        BF16: stack.enter_context(people.running_app(*app, "--precision", "bf16")),
        LLAMA_CPP: stack.enter_context(
            people.running_llama_cpp(gguf, people=most, context_tokens=max(8192, most * (tokens + 128)))
        ),
    }
    if shutil.which("vllm"):
        urls[VLLM] = stack.enter_context(people.running_vllm(Path(folder)))
    return urls


def report(results: dict[int, dict[str, Figures]]) -> None:
    measure.table(
        ["people", "side", "tokens/s", "worst first token, s"],
        [
            (count, name, figures["rate"], figures["first_s"])
            for count, sides in results.items()
            for name, figures in sides.items()
        ],
    )
    ratios = {"as_it_is_over_llama_cpp": (AS_IT_IS, LLAMA_CPP), "bf16_over_llama_cpp": (BF16, LLAMA_CPP)}
    if any(VLLM in sides for sides in results.values()):
        ratios["bf16_over_vllm"] = (BF16, VLLM)
    measure.finish(
        benchmark="peers",
        **{
            name: {count: sides[ours]["rate"] / sides[theirs]["rate"] for count, sides in results.items()}
            for name, (ours, theirs) in ratios.items()
        },
        reach={"as_it_is_over_llama_cpp": 0.97, "bf16_over_vllm": 0.85},
    )


if __name__ == "__main__":
    main()
