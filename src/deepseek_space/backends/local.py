"""The one model of this process: on its way, ready, changed for another, or failed and why.

Requests wait for it. torch is imported by the thread that loads, so the page is up before it.
Knows nothing about pages.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from deepseek_space.backends.base import HEARTBEAT_S, estimated_tokens
from deepseek_space.backends.resident import Recipe, Resident, Watch, free
from deepseek_space.errors import (
    BusyError,
    Cancelled,
    EngineStopped,
    LoadFailed,
    ModelNotFound,
    SpaceError,
    Unsupported,
)
from deepseek_space.models.fit import hardware
from deepseek_space.models.fit.hardware import Hardware
from deepseek_space.models.source import ModelSource, resolve
from deepseek_space.models.starter import STARTER_NAME
from deepseek_space.types import Choice, Completion, Event, Loading, Request, Status

log = logging.getLogger(__name__)

DRAIN_S = 30.0  # how long answers in flight may go on when the model is changed


@dataclass(frozen=True, kw_only=True)
class LocalOptions:
    """What the operator chose. ``context`` 0 is what fits, in tokens.

    ``shares_prefixes`` is for an app of one person: what was read for a prompt serves every other that begins alike.
    ``local_paths`` lets ``load`` take folders and files, which is for an app that nobody else can reach.
    ``inline`` is for ZeroGPU, where no thread of ours may serve a request.
    """

    model: str
    cache_dir: Path
    precision: str = "auto"
    device: str = "auto"
    context: int = 0
    max_queue: int = 64
    on_space: bool = False
    is_pinned: bool = False
    local_paths: bool = False
    shares_prefixes: bool = False
    inline: bool = False


class LocalBackend:
    """Loads one model at a time in the background and streams replies from it."""

    def __init__(self, options: LocalOptions) -> None:
        self._options = options
        self._resident: Resident | None = None
        self._loading = options.model  # requests that come before ``start`` wait for it
        self._is_unloading = False
        self._progress: Loading | None = Loading(stage="Starting")
        self._error: SpaceError | None = None
        self._ready = threading.Condition()
        self._cancel = threading.Event()
        self._is_closed = False

    # -- requests -------------------------------------------------------------------------------------------

    def stream(self, request: Request | Completion) -> Iterator[Event]:
        """Yield the reply's events, after the model's own progress while none answers yet."""
        while (resident := self._await_resident()) is None:
            yield self._progress or Loading(stage="Starting")
        yield from resident.stream(request)

    def _await_resident(self) -> Resident | None:
        with self._ready:
            if self._resident is None and self._loading and not self._is_closed:
                self._ready.wait(HEARTBEAT_S)
            if self._is_closed:
                raise EngineStopped("The app is shutting down.")
            if self._resident is None and not self._loading:
                raise self._error or ModelNotFound("No model is loaded. Choose one under Models.")
            return self._resident

    def status(self) -> Status:
        """Return what answers now, and what is on its way."""
        resident, loading, error = self._resident, self._loading, self._error
        coming = Status(
            state="loading" if loading else "failed" if error else "empty",
            model=loading or self._options.model,
            loading_model=loading,
            progress=self._progress if loading else None,
            error=str(error or ""),
        )
        return resident.describe(coming) if resident else coming

    def count_tokens(self, text: str) -> int:
        """Return how many tokens ``text`` is for the model that answers; a fair estimate while there is none."""
        resident = self._resident
        return resident.count_tokens(text) if resident else estimated_tokens(text)

    def close(self) -> None:
        """End all streams and any load that is under way."""
        with self._ready:
            self._is_closed = True
            resident = self._resident
        self._cancel.set()
        if resident is not None:
            resident.close()

    # -- the model ------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to load the operator's model, and return at once."""
        self._spawn(self._load_first)

    def load(self, model: str, *, precision: str = "auto") -> None:
        """Begin to change to ``model``; see ``ModelHost``."""
        self._check_pin()
        if not self._options.local_paths:
            resolve(model, on_space=self._options.on_space, local_paths=False)  # its sender's error, not everybody's
        self._in_background(model, lambda: self._change(model, precision, self._options.local_paths))

    def cancel_load(self) -> None:
        """Stop the load under way, as soon as its current piece of work is done; what answered before still does."""
        self._check_pin()
        self._report(Loading(stage="Stopping"))
        self._cancel.set()

    def unload(self) -> None:
        """Let requests in flight finish, then free the model's memory."""
        self._check_pin()
        resident = self._resident
        self._in_background(resident.recipe.source.name if resident else "", self._retire, is_unloading=True)

    def choices(self) -> tuple[Choice, ...]:
        """Return what could be loaded, with how it would fit this machine now."""
        from deepseek_space.backends import planning

        machine = self._without_resident(hardware.detect(self._options.cache_dir))
        return planning.choices(hardware=machine, context_tokens=self._options.context, device=self._options.device)

    def fit(self, model: str, *, precision: str = "auto") -> str:
        """Return in a sentence how ``model`` would fit this machine now; see ``ModelHost``."""
        from deepseek_space.backends import planning

        options = self._options
        planned = planning.plan_for(
            resolve(model, on_space=options.on_space, local_paths=options.local_paths),
            hardware=self._without_resident(hardware.detect(options.cache_dir)),
            precision=precision,
            context_tokens=options.context,
            device=options.device,
        )
        return f"At {planned.precision}: {planned.reason}"

    def wait(self) -> None:
        """Block until no load is under way."""
        with self._ready:
            self._ready.wait_for(lambda: not self._loading)

    def _check_pin(self) -> None:
        if self._options.is_pinned:
            raise Unsupported("The operator has pinned the model of this app; it cannot be changed here.")

    def _in_background(self, model: str, work: Callable[[], None], *, is_unloading: bool = False) -> None:
        with self._ready:
            if self._loading and self._is_unloading:
                raise BusyError(f"{self._loading} is being unloaded. Wait a moment, then try again.")
            if self._loading:
                raise BusyError(f"{self._loading} is being loaded already. Wait for it, or cancel it first.")
            self._loading, self._error, self._is_unloading = model, None, is_unloading
            self._progress = Loading(stage="Starting")
            self._cancel.clear()
        self._spawn(work)

    def _spawn(self, work: Callable[[], None]) -> None:
        threading.Thread(target=self._run, args=(work,), name="load", daemon=True).start()

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Cancelled:
            log.info("loading %s was cancelled", self._loading)
        except SpaceError as error:
            log.error("%s", error)
            self._error = error
        except Exception as error:
            log.exception("loading failed")
            self._error = LoadFailed(f"{self._loading} could not be loaded: {error}")
        finally:
            with self._ready:
                self._loading, self._progress = "", None
                self._ready.notify_all()

    def _load_first(self) -> None:
        options = self._options
        try:
            self._change(options.model, options.precision, True)
        except Cancelled:
            raise
        except SpaceError as error:
            if options.model != "auto" or options.on_space or self._loading == STARTER_NAME:
                raise
            log.error("%s The starter answers instead.", error)
            self._change("starter", "auto", False)
            self._error = error

    def _change(self, model: str, precision: str, local_paths: bool) -> None:
        """Plan and fetch while the old model still answers; make room only where both do not fit."""
        self._report(Loading(stage="Starting torch"))
        from deepseek_space.backends import assembly, planning

        machine = hardware.detect(self._options.cache_dir)
        source = self._resolve(model, machine, local_paths)
        self._loading = source.name
        plan = planning.plan_for(
            source,
            hardware=self._without_resident(machine),
            precision=precision,
            context_tokens=self._options.context,
            device=self._options.device,
        )
        recipe = Recipe(source=source, plan=plan)
        files = assembly.fetch(recipe, self._options.cache_dir, self._watch())
        resident = self._resident
        previous = resident.recipe if resident else None
        del resident  # or it would hold the old weights while the new ones are read
        if previous is not None and not planning.fits_now(plan, machine):
            self._retire()
        try:
            self._install(recipe, files)
        except Exception:
            if previous is not None and self._resident is None and not self._is_closed:
                self._restore(previous)
            raise

    def _restore(self, previous: Recipe) -> None:
        from deepseek_space.backends import assembly

        self._cancel.clear()
        try:
            self._install(previous, assembly.fetch(previous, self._options.cache_dir, self._watch()))
        except Exception:  # what made the change fail is what people need to know
            log.exception("%s could not be loaded again", previous.source.name)

    def _resolve(self, model: str, machine: Hardware, local_paths: bool) -> ModelSource:
        from deepseek_space.backends import planning

        options = self._options
        if model == "auto":
            wanted = {"hardware": machine, "context_tokens": options.context, "device": options.device}
            return planning.resolve_auto(on_space=options.on_space, **wanted)
        return resolve(model, on_space=options.on_space, local_paths=local_paths)

    def _install(self, recipe: Recipe, files: tuple[Path, str]) -> None:
        from deepseek_space.backends import assembly

        options = self._options
        resident = assembly.assemble(
            recipe,
            files,
            cache_dir=options.cache_dir,
            max_queue=options.max_queue,
            inline=options.inline,
            shares_prefixes=options.shares_prefixes,
            watch=self._watch(),
        )
        log.info("%s is ready: %s on %s", recipe.source.name, recipe.plan.precision, resident.served.loaded.device)
        with self._ready:
            previous, self._resident = self._resident, None if self._is_closed else resident
            self._ready.notify_all()
        if previous is not None:
            self._end(previous)
        if self._is_closed:
            free(resident, drain_s=0)

    def _retire(self) -> None:
        with self._ready:
            resident, self._resident = self._resident, None
        if resident is not None:
            self._end(resident)

    def _end(self, resident: Resident) -> None:
        self._report(Loading(stage=f"Waiting for the last answers of {resident.recipe.source.name}"))
        free(resident, drain_s=DRAIN_S)

    def _without_resident(self, machine: Hardware) -> Hardware:
        """Return what ``machine`` will have once the model that answers now has gone."""
        resident = self._resident
        return resident.give_back(machine) if resident else machine

    def _watch(self) -> Watch:
        return Watch(progress=self._report, cancelled=lambda: self._cancel.is_set() or self._is_closed)

    def _report(self, progress: Loading) -> None:
        if not self._cancel.is_set():
            self._progress = progress
