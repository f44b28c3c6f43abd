"""The model that is put to the test: loaded here by its name, or at any address that speaks OpenAI's protocol.

Knows no task and scores nothing.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

import measure  # noqa: F401 - makes the project importable from a checkout

from deepseek_space.backends.base import Backend
from deepseek_space.commands.composition import make_backend
from deepseek_space.errors import SpaceError
from deepseek_space.events import Answer, Done, Resorted, Usage
from deepseek_space.settings import read_settings
from deepseek_space.status import Status
from deepseek_space.types import Completion, Request, Sampling


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer without its thoughts, and its figures; ``error`` is why it broke off, which leaves none."""

    text: str
    usage: Usage | None
    error: str = ""


def add_flags(parser: argparse.ArgumentParser, *, tokens: int) -> None:
    """Add the flags that say which model is asked, and for how much."""
    parser.add_argument("--model", help="a model to load, the starter by default; or one of --remote's, its first")
    parser.add_argument("--remote", default="", help="an address with /v1; its key is read from the environment")
    parser.add_argument("--precision", default="auto", help="of a model that is loaded here")
    parser.add_argument("--tokens", type=int, default=tokens, help="the most tokens of a reply, thoughts included")


@contextmanager
def model(options: argparse.Namespace) -> Iterator[tuple[Backend, Status]]:
    """Yield the backend that ``options`` name and what it says of itself, once it answers. Raises SystemExit."""
    words = ["--model", options.model or ("auto" if options.remote else "starter"), "--precision", options.precision]
    words += ["--remote", options.remote] if options.remote else []
    backend = make_backend(read_settings(words, os.environ))
    try:
        backend.start()
        while (status := backend.status()).state == "loading":
            time.sleep(0.1)
        if status.state != "ready":
            raise SystemExit(f"No model answers: {status.error or 'there is none'}")
        yield backend, status
    finally:
        backend.close()


def replies(
    backend: Backend,
    asked: Sequence[Request | Completion],
    *,
    at_once: int,
    told: Callable[[int], None] = lambda _: None,
) -> list[Reply]:
    """Return the reply to each question; ``told`` hears of how many there are as they come."""
    count = 0

    def one(request: Request | Completion) -> Reply:
        nonlocal count
        found = _reply(backend, request)
        count += 1
        told(count)
        return found

    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(one, asked))


def figures(found: Sequence[Reply]) -> dict[str, int]:
    """Return how many replies were cut off or broke off, and what all of them took."""
    usages = [reply.usage for reply in found if reply.usage]
    return {
        "cut_off": sum(usage.finish_reason == "length" for usage in usages),
        "broke_off": len(found) - len(usages),
        "prompt_tokens": sum(usage.prompt_tokens for usage in usages),
        "generated_tokens": sum(usage.generated_tokens for usage in usages),
    }


def greedy(status: Status, tokens: int) -> Sampling:
    """Return a sampling that leaves nothing to chance, but for what a model's maker warns of: then as recommended."""
    recommended = status.sampling
    temperature = recommended.temperature if status.can_think else 0.0
    return replace(recommended, temperature=temperature, repetition_penalty=1.0, seed=0, max_new_tokens=tokens)


def _reply(backend: Backend, request: Request | Completion) -> Reply:
    text = ""
    try:
        for event in backend.stream(request):
            match event:
                case Answer():
                    text += event.text
                case Resorted():
                    text = event.answer
                case Done():
                    return Reply(text=text, usage=event.usage)
    except SpaceError as error:
        print(error, file=sys.stderr)
        return Reply(text=text, usage=None, error=str(error))
    raise RuntimeError("The reply had no end.")
