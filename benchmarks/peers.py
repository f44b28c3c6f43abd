"""How fast beside its peers? The app over HTTP beside llama.cpp's own server, and beside vLLM.

All sides answer the same questions in turns, over OpenAI's protocol, sampled alike; llama.cpp's server is that of the
wheel ``xllamacpp``, and vLLM takes part where it is installed. All tokens per second, and the longest wait for a first.
The starter as it is and in bf16, or ``--shape``: random weights in a published one, as Q4_K_M beside Q4_K_M and in int8
beside Q8_0.
"""

import argparse
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

import measure
import people
import random_gguf

from deepseek_space.models.starter_gguf import ensure_starter_gguf

Figures = dict[str, float]
AS_IT_IS, BF16, LLAMA_CPP, VLLM = "here, Q4_1 as it is", "here, bf16", "llama.cpp's server, Q4_1", "vLLM, bf16"
Q4, INT8, LLAMA_CPP_Q4, LLAMA_CPP_Q8 = (
    "here, Q4_K_M as it is",
    "here, int8",
    "llama.cpp's server, Q4_K_M",
    "llama.cpp's server, Q8_0",
)
RATIOS = {
    "as_it_is_over_llama_cpp": (AS_IT_IS, LLAMA_CPP),
    "bf16_over_llama_cpp": (BF16, LLAMA_CPP),
    "bf16_over_vllm": (BF16, VLLM),
    "q4_k_m_over_llama_cpp": (Q4, LLAMA_CPP_Q4),
    "int8_over_llama_cpp_q8_0": (INT8, LLAMA_CPP_Q8),
}
REACH = {
    "as_it_is_over_llama_cpp": 0.97,
    "bf16_over_vllm": {4: 0.85, 8: 0.95},
    "q4_k_m_over_llama_cpp": 0.97,
    "int8_over_llama_cpp_q8_0": 1.0,
}
REST_S = 1.5
"""vLLM looks for more work for a second, on a whole core: whoever is asked meanwhile is half as fast."""
PEOPLE = {"starter": [1, 4, 8], "distill-1.5b": [1]}


def main() -> None:
    parser = measure.parser(__doc__, rounds=3)
    parser.add_argument("--shape", choices=PEOPLE, default="starter")
    parser.add_argument("--people", type=int, nargs="+", help="[1 4 8 for the starter, 1 for what is larger]")
    parser.add_argument("--tokens", type=int, default=128, help="most tokens for each person")
    options = parser.parse_args()
    options.people = options.people or PEOPLE[options.shape]
    if options.quick:
        options.rounds, options.people, options.tokens = 1, [1, 2], 8
    with ExitStack() as stack:
        urls = servers(stack, options)
        results = {
            count: measure.repeat(
                {
                    name: lambda url=url, count=count: people.ask_together(
                        f"{url}/v1", people.conversations(count), tokens=options.tokens
                    )
                    for name, url in urls.items()
                },
                options.rounds,
                rest_s=REST_S,
            )
            for count in options.people
        }
    report(results, options.shape)


def servers(stack: ExitStack, options: argparse.Namespace) -> dict[str, str]:
    """Start all sides, for as many people at once as there will be; return their addresses."""
    most = max(options.people)
    room = {"people": most, "context_tokens": max(8192, most * (options.tokens + 128))}
    if options.shape == "starter":
        return starter_servers(stack, room)
    scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    folder = random_gguf.save_checkpoint(scratch / options.shape, options.shape, tiny=options.quick)
    files = {
        kind: random_gguf.save(scratch / f"{options.shape}.{kind}.gguf", options.shape, kind, tiny=options.quick)
        for kind in random_gguf.KINDS
    }
    app = ("--device", "cpu", "--model")
    return {
        Q4: stack.enter_context(people.running_app(*app, str(files["Q4_K_M"]))),
        LLAMA_CPP_Q4: stack.enter_context(people.running_llama_cpp(files["Q4_K_M"], **room)),
        INT8: stack.enter_context(people.running_app(*app, str(folder), "--precision", "int8")),
        LLAMA_CPP_Q8: stack.enter_context(people.running_llama_cpp(files["Q8_0"], **room)),
    }


def starter_servers(stack: ExitStack, room: dict[str, int]) -> dict[str, str]:
    """Start the sides that serve the starter; llama.cpp's has ``room``."""
    gguf, folder = ensure_starter_gguf(measure.CACHE_DIR, progress=lambda _: None), measure.starter_folder()
    app = ("--model", "starter", "--device", "cpu")
    urls = {
        AS_IT_IS: stack.enter_context(people.running_app(*app)),
        BF16: stack.enter_context(people.running_app(*app, "--precision", "bf16")),
        LLAMA_CPP: stack.enter_context(people.running_llama_cpp(gguf, **room)),
    }
    if shutil.which("vllm"):
        urls[VLLM] = stack.enter_context(people.running_vllm(folder))
    return urls


def report(results: dict[int, dict[str, Figures]], shape: str) -> None:
    measure.table(
        ["people", "side", "tokens/s", "worst first token, s"],
        [
            (count, name, figures["rate"], figures["first_s"])
            for count, sides in results.items()
            for name, figures in sides.items()
        ],
    )
    took_part = {name for sides in results.values() for name in sides}
    ratios = {
        name: {count: sides[ours]["rate"] / sides[theirs]["rate"] for count, sides in results.items()}
        for name, (ours, theirs) in RATIOS.items()
        if {ours, theirs} <= took_part
    }
    reach = {name: REACH[name] for name in ratios if name in REACH}
    measure.finish(benchmark="peers", shape=shape, **ratios, reach=reach)


if __name__ == "__main__":
    main()
