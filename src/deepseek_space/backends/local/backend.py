"""The one model of this process: on its way, ready, changed for another, or failed and why.

Requests wait for it. torch is imported by the thread that loads, so the page is up before it.
Knows nothing about pages.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import inf
from pathlib import Path

from deepseek_space.backends.base import HEARTBEAT_S, estimated_tokens
from deepseek_space.backends.local.options import LocalOptions
from deepseek_space.backends.local.resident import Recipe, Resident, Watch, free
from deepseek_space.backends.local.site import Site
from deepseek_space.backends.local.task import Task
from deepseek_space.errors import (
    BusyError,
    Cancelled,
    EngineStopped,
    LoadFailed,
    ModelNotFound,
    NoSpace,
    SpaceError,
    Unsupported,
)
from deepseek_space.events import Event, Loading
from deepseek_space.models.source import resolve
from deepseek_space.models.starter import STARTER_NAME
from deepseek_space.types import Choice, Completion, Request, Status

log = logging.getLogger(__name__)

DRAIN_S = 30.0  # how long answers in flight may go on when the model is changed


class LocalBackend:
    """Loads one model at a time in the background and streams replies from it."""

    def __init__(self, options: LocalOptions) -> None:
        self._options = options
        self._site = Site(options=options, resident=lambda: self._resident)
        self._resident: Resident | None = None
        self._leaving: Resident | None = None  # answers its last requests
        self._task: Task | None = Task(model=options.model)  # requests that come before ``start`` wait for it
        self._error: SpaceError | None = None
        self._ready = threading.Condition()
        self._cancel = threading.Event()
        self._is_closed = False

    # -- requests -------------------------------------------------------------------------------------------

    def stream(self, request: Request | Completion, *, until_s: float = inf) -> Iterator[Event]:
        """Yield the reply's events, after the model's own progress while none answers yet.

        ``until_s``, by time.monotonic, is when the reply ends with the finish reason "time".
        """
        while (resident := self._await_resident()) is None:
            task = self._task
            yield task.progress if task else Loading(stage="Starting")
        yield from resident.stream(request, until_s=until_s)

    def check(self, request: Request | Completion) -> None:
        """Raise what ``stream`` would at once, where no model is on its way; does no work on the model's device."""
        resident = self._await_resident()
        if resident is not None:
            resident.check(request)

    def _await_resident(self) -> Resident | None:
        with self._ready:
            if self._resident is None and self._task and not self._is_closed:
                self._ready.wait(HEARTBEAT_S)
            if self._is_closed:
                raise EngineStopped("The app is shutting down.")
            if self._resident is None and not self._task:
                raise self._error or ModelNotFound("No model is loaded. Choose one under Models.")
            return self._resident

    def status(self) -> Status:
        """Return what answers now, and what is on its way."""
        resident, task, error = self._resident, self._task, self._error
        coming = Status(
            state="loading" if task else "failed" if error else "empty",
            model=task.model if task else self._options.model,
            loading_model=task.model if task else "",
            progress=task.progress if task else None,
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
            residents = {id(resident): resident for resident in (self._resident, self._leaving) if resident}
            self._ready.notify_all()
        self._cancel.set()
        for resident in residents.values():
            resident.close()

    # -- the model ------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to load the operator's model, and return at once."""
        self._spawn(self._load_first)

    def load_first(self) -> None:
        """Load the operator's model in the calling thread, and return when it answers or is known to fail."""
        self._run(self._load_first)

    def load(self, model: str, *, precision: str = "auto") -> None:
        """Begin to change to ``model``; see ``ModelHost``."""
        self._check_pin()
        if not self._options.local_paths:
            resolve(model, on_space=self._options.on_space, local_paths=False)  # its sender's error, not everybody's
        self._in_background(Task(model=model), lambda: self._change(model, precision))

    def cancel_load(self) -> None:
        """Stop the load under way, as soon as its current piece of work is done; what answered before still does."""
        self._check_pin()
        self._report(Loading(stage="Stopping"))
        self._cancel.set()

    def unload(self) -> None:
        """Let requests in flight finish, then free the model's memory."""
        self._check_pin()
        resident = self._resident
        name = resident.recipe.source.name if resident else "The model"
        self._in_background(Task(model=name, is_unloading=True), self._retire)

    def choices(self) -> tuple[Choice, ...]:
        """Return what could be loaded, with how it would fit this machine now."""
        return self._site.choices()

    def fit(self, model: str, *, precision: str = "auto") -> str:
        """Return in a sentence how ``model`` would fit this machine now; see ``ModelHost``."""
        machine = self._site.machine()
        source = self._site.source(model, machine, by_operator=False)
        planned = self._site.plan(source, machine, precision=precision, by_operator=False)
        return f"At {planned.precision}: {planned.reason}"

    def wait(self) -> None:
        """Block until no load is under way."""
        with self._ready:
            self._ready.wait_for(lambda: self._task is None)

    def _check_pin(self) -> None:
        if self._options.is_pinned:
            raise Unsupported("The operator has pinned the model of this app; it cannot be changed here.")

    def _in_background(self, task: Task, work: Callable[[], None]) -> None:
        with self._ready:
            if self._task:
                raise BusyError(self._task.obstacle)
            self._task, self._error = task, None
            self._cancel.clear()
        self._spawn(work)

    def _spawn(self, work: Callable[[], None]) -> None:
        threading.Thread(target=self._run, args=(work,), name="load", daemon=True).start()

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Cancelled:
            log.info("loading %s was cancelled", self._task.model)
        except SpaceError as error:
            log.error("%s", error)
            self._error = error
        except Exception as error:
            log.exception("loading failed")
            self._error = LoadFailed(f"{self._task.model} could not be loaded: {error}")
        finally:
            with self._ready:
                self._task = None
                self._ready.notify_all()

    def _load_first(self) -> None:
        options = self._options
        try:
            self._change(options.model, options.precision, by_operator=True)
        except Cancelled:
            raise
        except SpaceError as error:
            if options.model != "auto" or options.on_space or self._task.model == STARTER_NAME:
                raise
            log.error("%s The starter answers instead.", error)
            self._change("starter", "auto")
            self._error = error

    def _change(self, model: str, precision: str, *, by_operator: bool = False) -> None:
        """Plan and fetch while the old model still answers; make room only where both do not fit."""
        self._report(Loading(stage="Starting torch"))
        from deepseek_space.backends.local import planning

        machine = self._site.machine()
        source = self._site.source(model, machine, by_operator=by_operator)
        self._update(model=source.name)
        plan = self._site.plan(source, machine, precision=precision, by_operator=by_operator)
        recipe = Recipe(source=source, plan=plan)
        files = self._fetch(recipe)
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

    def _fetch(self, recipe: Recipe) -> tuple[Path, str]:
        from deepseek_space.backends.local import assembly

        while True:
            try:
                return assembly.fetch(recipe, self._options.cache_dir, self._watch())
            except NoSpace:
                if not self._site.make_disk_room(recipe.source):
                    raise

    def _restore(self, previous: Recipe) -> None:
        self._cancel.clear()
        try:
            self._install(previous, self._fetch(previous))
        except Exception:  # what made the change fail is what people need to know
            log.exception("%s could not be loaded again", previous.source.name)

    def _install(self, recipe: Recipe, files: tuple[Path, str]) -> None:
        from deepseek_space.backends.local import assembly

        options = self._options
        resident = assembly.assemble(
            recipe,
            files,
            cache_dir=options.cache_dir,
            max_queue=options.max_queue,
            kept_bytes=options.kept_bytes,
            inline=bool(options.lent_bytes),
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
        with self._ready:
            self._leaving = resident
            drain_s = 0.0 if self._is_closed else DRAIN_S
        free(resident, drain_s=drain_s)
        self._leaving = None

    def _watch(self) -> Watch:
        return Watch(progress=self._report, cancelled=lambda: self._cancel.is_set() or self._is_closed)

    def _report(self, progress: Loading) -> None:
        if not self._cancel.is_set():
            self._update(progress=progress)

    def _update(self, **fields: str | Loading) -> None:
        with self._ready:
            if self._task:
                self._task = replace(self._task, **fields)
