"""The model's own process: ``python -m deepseek_space.backends.local.process.child``.

A line on its stdin says what to load, on which engine; it ends when its stdin does, so also where the app is killed.
What comes of the jobs goes out some thirty times a second, each reply's first token at once. Imports torch only where
the order is for our own engine.
"""

import logging
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
from deepseek_space.backends.local.process.messages import event_to_json, job_from_json, loading_to_json, to_line
from deepseek_space.engine.guide import Guide, GuideRecipe
from deepseek_space.engine.reply import Job, RowEvent, Token
from deepseek_space.errors import LoadFailed, SpaceError, error_to_json, first_line
from deepseek_space.events import Loading
from deepseek_space.text.token_bytes import TokenBytes

log = logging.getLogger(__name__)

BEAT_S = 1.0
FLUSH_S = 1 / 30
IDLE_S = 5.0  # between two looks of an idle engine at what it keeps
LOADING_S = 0.1
_FIRST_TO_BE_KILLED = "800"  # of 1000: where memory runs out, this process and not the app


class Engine(Protocol):
    """What is hosted."""

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

    def figures(self) -> dict[str, Any]:
        """Return what has been counted; see ``ProcessDriver``."""
        ...


class Inbox(queue.SimpleQueue[dict[str, Any]]):
    """What was asked for; ``hurry`` hears of each cancelled key at once, in the thread that listens."""

    hurry: Callable[[str], None] | None = None


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
        self._figures: dict[str, Any] = {}

    def send(self, message: dict[str, Any]) -> None:
        """Write ``message`` at once."""
        with self._lock:
            self._out.write(to_line(message))
            self._out.flush()

    def tell(self, key: str, event: RowEvent | SpaceError) -> None:
        """Gather ``event`` of the reply ``key``; only tokens that follow others can wait."""
        is_token = isinstance(event, Token)
        self._is_urgent = self._is_urgent or not is_token or key not in self._begun
        (self._begun.add if is_token else self._begun.discard)(key)
        self._told.append((key, event_to_json(event)))

    def flush(self, figures: Callable[[], dict[str, Any]]) -> None:
        """Send what was gathered, if there is anything that is urgent or has waited long enough, and news of figures.

        By themselves those are sent at the pace of the beat.
        """
        waited_s = self._clock() - self._flushed_s
        if not (waited_s >= FLUSH_S if self._told else waited_s >= BEAT_S) and not self._is_urgent:
            return
        counted = figures()
        if self._told or counted != self._figures:
            self.send({"told": self._told, "figures": counted})
        self._told, self._is_urgent, self._flushed_s, self._figures = [], False, self._clock(), counted


def serve(engine: Engine, inbox: Inbox, outbox: Outbox) -> None:
    """Do what ``inbox`` asks for, without an end."""
    guides = Guides()
    while True:
        for message in _arrived(inbox, wait_s=IDLE_S if engine.is_idle else 0):
            match message:
                case {"submit": key, "job": job}:
                    engine.submit(key, job_from_json(job, guide_of=guides.of))
                case {"cancel": key}:
                    engine.cancel(key)
                case {"vocabulary": vocabulary}:
                    guides = Guides(**vocabulary)
        engine.step()
        outbox.flush(engine.figures)


def _arrived(inbox: Inbox, *, wait_s: float) -> Iterator[dict[str, Any]]:
    with suppress(queue.Empty):
        yield inbox.get(block=wait_s > 0, timeout=wait_s or None)
        while True:
            yield inbox.get_nowait()


def main() -> None:
    """Load what the first line asks for, and serve it."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no message
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_BE_KILLED)
    outbox, inbox = Outbox(out), Inbox()
    order = orjson.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_listen, args=(inbox,), daemon=True).start()
    threading.Thread(target=_beat, args=(outbox,), daemon=True).start()
    opened = _open_torch if order["engine"] == "torch" else _open_gguf
    try:
        engine, facts = opened(order, inbox, outbox)
    except SpaceError as error:
        outbox.send({"failed": error_to_json(error)})
        return
    except Exception as error:
        log.exception("loading failed")
        failed = LoadFailed("The model could not be loaded: {error}", error=first_line(error))
        outbox.send({"failed": error_to_json(failed)})
        return
    outbox.send({"ready": facts})
    serve(engine, inbox, outbox)


def _open_gguf(order: dict[str, Any], inbox: Inbox, outbox: Outbox) -> tuple[Engine, dict[str, Any]]:
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
    return GgufEngine(context, cells=cells, max_rows=max_rows, tell=outbox.tell), {}


def _open_torch(order: dict[str, Any], inbox: Inbox, outbox: Outbox) -> tuple[Engine, dict[str, Any]]:
    from deepseek_space.backends.local.process import torch_model
    from deepseek_space.backends.local.process.torch_host import TorchHost

    stage, told_s = "", 0.0

    def progress(loading: Loading) -> None:
        nonlocal stage, told_s
        now_s = time.monotonic()
        if loading.stage != stage or now_s - told_s >= LOADING_S:
            stage, told_s = loading.stage, now_s
            outbox.send({"loading": loading_to_json(loading)})

    engine, facts = torch_model.open_model(order, progress=progress)
    host = TorchHost(engine, tell=outbox.tell)
    inbox.hurry = host.cancel
    return host, facts


def _listen(inbox: Inbox) -> None:
    for line in sys.stdin.buffer:
        message = orjson.loads(line)
        if inbox.hurry and "cancel" in message:
            inbox.hurry(message["cancel"])
        inbox.put(message)
    os._exit(0)


def _beat(outbox: Outbox) -> None:
    while True:
        time.sleep(BEAT_S)
        outbox.send({"beat": True})


if __name__ == "__main__":
    main()
