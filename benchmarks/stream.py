"""How much does the app cost over the bare model? ``generate``, the engine, and the whole app over HTTP, in one run.

The same conversation and number of tokens for all three, greedy, each in a process of its own. Each round has a system
prompt of its own, so that no kept prefix helps. The app is ``app.py``, read as server-sent events like a page does:
``gradio_client`` looks for news every 50 ms only, which would be measured instead.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import httpx
import measure
import torch
from gradio_client import Client

from deepseek_space.engine.reply import Token
from deepseek_space.engine.worker import Worker
from deepseek_space.models.loaded_model import LoadedModel
from deepseek_space.text.encoder import PromptEncoder
from deepseek_space.types import Message

QUESTION = "Write a long story about a lighthouse keeper, the sea and a storm, with many details."
Figures = dict[str, float]


def main() -> None:
    parser = measure.parser(__doc__, rounds=5)
    parser.add_argument("--tokens", type=int, default=128)
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.tokens = 1, 8
    loaded = measure.starter()
    encoder = PromptEncoder(loaded.tokenizer, family="own")
    bare, alone = measure.Contender(generate), measure.Contender(engine)
    numbers = count(1)

    def conversation() -> tuple[Message, Message]:
        system = Message(role="system", content=f"{next(numbers)} is the number of this conversation.")
        return system, Message(role="user", content=QUESTION)

    with running_app() as url, httpx.Client(base_url=url.rstrip("/"), timeout=60) as http:
        sides = {
            "generate": lambda: bare.run(encoder.chat(conversation()).ids, options.tokens),
            "engine": lambda: alone.run(encoder.chat(conversation()).ids, options.tokens),
            "app": lambda: app(http, loaded, conversation(), options.tokens),
        }
        results = measure.repeat(sides, options.rounds)
    bare.close()
    alone.close()
    report(results)


def report(results: dict[str, Figures]) -> None:
    measure.table(
        ["side", "tokens/s", "first token, ms"],
        [(name, figures["rate"], figures["first_s"] * 1e3) for name, figures in results.items()],
    )
    bare, engine, app = results["generate"], results["engine"], results["app"]
    measure.finish(
        benchmark="stream",
        app_over_generate=app["rate"] / bare["rate"],
        engine_over_generate=engine["rate"] / bare["rate"],
        first_token_added_ms=(app["first_s"] - bare["first_s"]) * 1e3,
        reach={"app_over_generate": 0.95, "engine_over_generate": 1.0, "first_token_added_ms": 60},
    )


def generate() -> Callable[[tuple[int, ...], int], Figures]:
    """Return what answers a prompt with transformers' own ``generate``."""
    model = measure.stock_starter()

    @torch.inference_mode()
    def run(prompt: tuple[int, ...], tokens: int) -> Figures:
        started = time.perf_counter()
        clock = measure.FirstToken(started)
        model.generate(
            torch.tensor([prompt]), generation_config=measure.greedy_config(tokens), stopping_criteria=[clock]
        )
        return _figures(tokens, started, started + clock.first_s)

    return run


def engine() -> Callable[[tuple[int, ...], int], Figures]:
    """Return what answers a prompt with the engine alone."""
    worker = Worker(measure.engine_of(measure.starter().model))

    def run(prompt: tuple[int, ...], tokens: int) -> Figures:
        started, arrivals = time.perf_counter(), []
        row = worker.submit(measure.greedy_job(prompt, tokens))
        for event in worker.events(row, wait_s=1):
            if isinstance(event, Token):
                arrivals.append(time.perf_counter())
        return _figures(tokens, started, arrivals[0])

    return run


def app(http: httpx.Client, loaded: LoadedModel, conversation: tuple[Message, Message], tokens: int) -> Figures:
    """Read one reply as a page does; the clock starts when the request is sent."""
    system, question = conversation
    started, first, answer, event = time.perf_counter(), 0.0, "", ""
    # In the order of /chat: thinking as usual and not shown, temperature 0, no penalty, the rest as recommended.
    data = [question.content, [], system.content, None, None, False, 0, None, None, None, 1, tokens, None, []]
    call = http.post("/gradio_api/call/chat", json={"data": data}).raise_for_status().json()
    with http.stream("GET", f"/gradio_api/call/chat/{call['event_id']}") as reply:
        for line in reply.iter_lines():
            field, _, value = line.partition(": ")
            event = value if field == "event" else event
            if event == "error":
                raise RuntimeError(f"The app answered with an error: {value}")
            if field == "data" and event == "generating":
                (answer,) = json.loads(value)
                first = first or (time.perf_counter() if answer else 0.0)
    figures = _figures(tokens, started, first)
    # Tokenising the text again can differ by a token or two from what was generated.
    written = len(loaded.tokenizer.encode(answer, add_special_tokens=False))
    if written < 0.9 * tokens - 1:
        raise RuntimeError(f"The reply ended after {written} of {tokens} tokens; ask for fewer with --tokens.")
    return figures


def _figures(tokens: int, started: float, first: float) -> Figures:
    return {"rate": tokens / (time.perf_counter() - started), "first_s": first - started}


@contextmanager
def running_app() -> Iterator[str]:
    """Start the app on a free port, wait until the starter answers, and give its address."""
    command = [sys.executable, "app.py", "--model", "starter", "--precision", "bf16", "--device", "cpu", "--port", "0"]
    environ = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, cwd=measure.ROOT, env=environ, stdout=subprocess.PIPE, text=True)
    try:
        url = next((line.split()[-1] for line in process.stdout if "is open at" in line), None)
        if url is None:
            raise RuntimeError("The app ended before its page was open; what it said is above.")
        status = Client(url, verbose=False)
        while not status.predict(api_name="/status")["loaded"]:
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
