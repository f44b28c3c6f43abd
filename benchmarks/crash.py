"""What is lost where the model's process dies? Killed in the middle of an answer; the page and the next message then.

Seconds from the kill until the page answers, until the broken reply has ended for its reader, and until the next
message's first token and its end. The reader keeps what was told, and it goes into the next message's conversation.
"""

import json
import time
from collections.abc import Iterator

import httpx
import measure
import people
import psutil

QUESTION = [{"role": "user", "content": "Write a very long story about a lighthouse keeper, in detail."}]
NEXT = {"role": "user", "content": "How does it go on?"}
CHILD = "deepseek_space.backends.local.process.child"
TOKENS = 400
KILLED_AFTER = 20
"""Pieces of the answer."""


def main() -> None:
    parser = measure.parser(__doc__, rounds=3)
    parser.add_argument("--model", default="starter")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--tokens", type=int, default=32, help="of the next answer")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.tokens = 1, 4
    runs = [crash(options.model, options.precision, options.tokens) for _ in range(options.rounds)]
    report(measure.medians(runs))


def crash(model: str, precision: str, tokens: int) -> dict[str, float]:
    """Start the app, kill its model in mid-answer, and return the figures."""
    with (
        people.opened_app("--model", model, "--precision", precision, "--device", "cpu") as (process, url),
        httpx.Client(base_url=url, timeout=60) as http,
    ):
        people.wait_for(f"{url}/readyz", process)
        pieces, told = answer(http, QUESTION, tokens=TOKENS), ""
        for number, piece in enumerate(pieces, start=1):
            told += piece
            if number == KILLED_AFTER:
                break
        killed = kill_model(process.pid)
        http.get("/").raise_for_status()
        figures = {"page_s": time.perf_counter() - killed}
        told += "".join(pieces)
        figures["broken_off_s"] = time.perf_counter() - killed
        following = answer(http, [*QUESTION, {"role": "assistant", "content": told}, NEXT], tokens=tokens)
        next(following)
        figures["next_first_s"] = time.perf_counter() - killed
        list(following)
        figures["next_answered_s"] = time.perf_counter() - killed
        return figures | {"told": len(told)}


def answer(http: httpx.Client, messages: list[dict[str, str]], *, tokens: int) -> Iterator[str]:
    """Yield the pieces of a greedy reply, until it ends or breaks off."""
    body = {
        "model": people.model_of(http, "/v1"),
        "messages": messages,
        "max_tokens": tokens,
        "temperature": 0,
        "stream": True,
    }
    with http.stream("POST", "/v1/chat/completions", json=body) as reply:
        reply.raise_for_status()
        for line in reply.iter_lines():
            choices = json.loads(line[6:]).get("choices") if line.startswith("data: {") else None
            if choices and (piece := choices[0]["delta"].get("content")):
                yield piece


def kill_model(app: int) -> float:
    """Kill the model's process of the app whose process is ``app``, and return when."""
    child = next(process for process in psutil.Process(app).children() if CHILD in process.cmdline())
    child.kill()
    return time.perf_counter()


def report(figures: dict[str, float]) -> None:
    measure.table(
        ["page, s", "reply broken off, s", "next first token, s", "next answered, s", "characters kept"],
        [list(figures.values())],
    )
    measure.finish(benchmark="crash", **figures, reach={"page_s": 1, "next_answered_s": 10})


if __name__ == "__main__":
    main()
