"""The model's own process: ``python -m deepseek_space.backends.local.process.child``.

A line on its stdin says what to load; it ends when its stdin does, so also where the app is killed. What comes of the
jobs goes out some thirty times a second, each reply's first token at once. Imports no torch.
"""

import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import orjson
from tokenizers import Tokenizer

from deepseek_space.backends.local.guided import guide_of
from deepseek_space.backends.local.process.messages import event_to_json, job_from_json, to_line
from deepseek_space.engine.guide import Guide, GuideRecipe
from deepseek_space.engine.reply import Job, RowEvent, Token
from deepseek_space.errors import EngineError, SpaceError
from deepseek_space.sentences import to_json
from deepseek_space.text.token_bytes import TokenBytes

BEAT_S = 1.0
FLUSH_S = 1 / 30
_FIRST_TO_BE_KILLED = "800"  # of 1000: where memory runs out, this process and not the app


class Engine(Protocol):
    """What is hosted."""

    steps: int

    @property
    def is_idle(self) -> bool:
        """Tell whether ``step`` would have nothing to do."""
        ...

    def submit(self, key: str, job: Job) -> None:
        """Queue ``job`` under ``key``."""
        ...

    def cancel(self, key: str) -> None:
        """Drop what is under ``key``."""
        ...

    def step(self) -> None:
        """Move all on."""
        ...


class Guides:
    """Makes guides for a ``tokenizer``, which is the text of its tokenizer.json."""

    def __init__(self, tokenizer: str = "", size: int = 0, stop_ids: Iterable[int] = ()) -> None:
        self._tokenizer, self._size, self._stop_ids = tokenizer, size, frozenset(stop_ids)

    @cached_property
    def _tokens(self) -> TokenBytes:
        return TokenBytes(Vocabulary(self._tokenizer), stop_ids=self._stop_ids, size=self._size)

    def of(self, recipe: GuideRecipe) -> Guide:
        """Return the guide that ``recipe`` describes."""
        return guide_of(recipe, self._tokens)


class Vocabulary:
    """As much of transformers' tokenizers as ``TokenBytes`` needs."""

    def __init__(self, text: str) -> None:
        self.backend_tokenizer = Tokenizer.from_str(text)

    def __len__(self) -> int:
        return self.backend_tokenizer.get_vocab_size()


class Outbox:
    """What is to be told, gathered; ``out`` gets a line at a time from any thread."""

    def __init__(self, out: BinaryIO, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._out, self._clock = out, clock
        self._lock = threading.Lock()
        self._told: list[tuple[str, list[Any]]] = []
        self._begun: set[str] = set()
        self._is_urgent = False
        self._flushed_s = 0.0

    def send(self, message: dict[str, Any]) -> None:
        """Write ``message`` at once."""
        with self._lock:
            self._out.write(to_line(message))
            self._out.flush()

    def tell(self, key: str, event: RowEvent | EngineError) -> None:
        """Gather ``event`` of the reply ``key``; only tokens that follow others can wait."""
        is_token = isinstance(event, Token)
        self._is_urgent = self._is_urgent or not is_token or key not in self._begun
        (self._begun.add if is_token else self._begun.discard)(key)
        self._told.append((key, event_to_json(event)))

    def flush(self, *, steps: int) -> None:
        """Send what was gathered, if there is anything that is urgent or has waited long enough."""
        now = self._clock()
        if self._told and (self._is_urgent or now - self._flushed_s >= FLUSH_S):
            self.send({"told": self._told, "steps": steps})
            self._told, self._is_urgent, self._flushed_s = [], False, now


def serve(engine: Engine, inbox: "queue.SimpleQueue[dict[str, Any]]", outbox: Outbox) -> None:
    """Do what ``inbox`` asks for, without an end."""
    guides = Guides()
    while True:
        for message in _arrived(inbox, blocks=engine.is_idle):
            match message:
                case {"submit": key, "job": job}:
                    engine.submit(key, job_from_json(job, guide_of=guides.of))
                case {"cancel": key}:
                    engine.cancel(key)
                case {"vocabulary": vocabulary}:
                    guides = Guides(**vocabulary)
        engine.step()
        outbox.flush(steps=engine.steps)


def _arrived(inbox: "queue.SimpleQueue[dict[str, Any]]", *, blocks: bool) -> Iterator[dict[str, Any]]:
    with suppress(queue.Empty):
        yield inbox.get(block=blocks)
        while True:
            yield inbox.get_nowait()


def main() -> None:
    """Load what the first line asks for, and serve it."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no message
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_BE_KILLED)
    outbox, inbox = Outbox(out), queue.SimpleQueue()
    order = orjson.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_listen, args=(inbox,), daemon=True).start()
    threading.Thread(target=_beat, args=(outbox,), daemon=True).start()
    try:
        engine = _open(order, outbox)
    except SpaceError as error:
        outbox.send({"failed": to_json(error.sentence)})
        return
    outbox.send({"ready": True})
    serve(engine, inbox, outbox)


def _open(order: dict[str, Any], outbox: Outbox) -> Engine:
    from deepseek_space.engine.gguf.context import GgufContext
    from deepseek_space.engine.gguf.engine import GgufEngine

    told = 0

    def progress(share: float) -> None:
        nonlocal told
        if int(share * 100) > told:
            told = int(share * 100)
            outbox.send({"loading": share})

    cells, max_rows = order["cells"], order["max_rows"]
    context = GgufContext(
        Path(order["path"]), cells=cells, num_sequences=max_rows, threads=order["threads"], progress=progress
    )
    return GgufEngine(context, cells=cells, max_rows=max_rows, tell=outbox.tell)


def _listen(inbox: "queue.SimpleQueue[dict[str, Any]]") -> None:
    for line in sys.stdin.buffer:
        inbox.put(orjson.loads(line))
    os._exit(0)


def _beat(outbox: Outbox) -> None:
    while True:
        time.sleep(BEAT_S)
        outbox.send({"beat": True})


if __name__ == "__main__":
    main()
