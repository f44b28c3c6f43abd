"""The one model of this process: on its way, ready, or failed with a reason; requests wait for it.

torch is imported by the thread that loads, so the page is up before it. Knows nothing about pages.
"""

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from deepseek_space.backends.base import HEARTBEAT_S
from deepseek_space.errors import EngineStopped, LoadFailed, SpaceError
from deepseek_space.models.source import ModelSource, resolve
from deepseek_space.types import Event, Loading, Request, Status

if TYPE_CHECKING:
    from deepseek_space.backends.served_model import ServedModel

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class LocalOptions:
    """What the operator chose. ``context`` 0 is what the model was trained for, in tokens."""

    model: str
    cache_dir: Path
    precision: str = "auto"
    device: str = "auto"
    context: int = 0
    max_queue: int = 64
    on_space: bool = False


class LocalBackend:
    """Loads one model in the background and streams replies from it."""

    def __init__(self, options: LocalOptions) -> None:
        self._options = options
        self._status = Status(state="loading", model=options.model, progress=Loading(stage="Starting"))
        self._served: ServedModel | None = None
        self._error: SpaceError | None = None
        self._settled = threading.Event()
        self._is_closed = False

    def start(self) -> None:
        """Begin to load, and return at once."""
        threading.Thread(target=self._load, name="load", daemon=True).start()

    def stream(self, request: Request) -> Iterator[Event]:
        """Yield the reply's events, after the model's own progress while it is on its way."""
        while not self._settled.wait(HEARTBEAT_S):
            yield self._status.progress or Loading(stage="Starting")
        if self._served is None:
            raise self._error or EngineStopped("The app is shutting down.")
        yield from self._served.stream(request)

    def status(self) -> Status:
        """Return what answers now."""
        if self._served is None:
            return self._status
        engine = self._served.driver.engine
        return replace(
            self._status,
            active_requests=len(engine.running),
            queued_requests=engine.num_waiting,
            memory_bytes=self._served.loaded.weight_bytes + engine.cache_bytes,
        )

    def close(self) -> None:
        """End all streams and any load that is under way."""
        self._is_closed = True
        self._settled.set()
        if self._served is not None:
            self._served.close()

    def _load(self) -> None:
        try:
            source = resolve(self._options.model, on_space=self._options.on_space)
            self._status = replace(
                self._status, model=source.name, note=source.note, is_deepseek=source.spec is not None
            )
            self._serve(source)
        except SpaceError as error:
            self._fail(error)
        except Exception as error:
            log.exception("loading failed")
            self._fail(LoadFailed(f"{self._options.model} could not be loaded: {error}"))

    def _serve(self, source: ModelSource) -> None:
        # Imported here: torch and transformers take seconds, and the page is already being read.
        self._report(Loading(stage="Starting torch"))
        from deepseek_space.backends.assembly import assemble

        served = assemble(source, self._options, progress=self._report, cancelled=lambda: self._is_closed)
        loaded = served.loaded
        self._served = served
        self._status = replace(
            self._status,
            state="ready",
            precision=loaded.precision,
            device=loaded.device,
            context_tokens=served.driver.engine.limits.context_tokens,
            sampling=source.sampling,
            progress=None,
        )
        self._settled.set()
        log.info("%s is ready: %s on %s", loaded.name, loaded.precision, loaded.device)

    def _report(self, progress: Loading) -> None:
        self._status = replace(self._status, progress=progress)

    def _fail(self, error: SpaceError) -> None:
        log.error("%s", error)
        self._error = error
        self._status = replace(self._status, state="failed", error=str(error), progress=None)
        self._settled.set()

