"""The one model of this process: on its way, ready, changed for another, or failed and why.

Requests wait for it. It runs in a process of its own, and torch is imported there; on ZeroGPU by the thread that loads.
Knows nothing about pages.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

from deepseek_space.backends.base import estimated_tokens
from deepseek_space.backends.heartbeat import HEARTBEAT_S
from deepseek_space.backends.local.measuring import Measuring
from deepseek_space.backends.local.options import LocalOptions
from deepseek_space.backends.local.planner import Planner
from deepseek_space.backends.local.resident_model import Recipe, Resident, Watch
from deepseek_space.backends.local.state import ModelChange, State
from deepseek_space.errors import Cancelled, LoadFailed, NoSpace, SpaceError, Unsupported
from deepseek_space.events import EventStream, Loading
from deepseek_space.models.source import resolve
from deepseek_space.models.starter import STARTER_NAME
from deepseek_space.sentences import Sentence
from deepseek_space.status import Choice, Quantisation, Status
from deepseek_space.types import Completion, Request

log = logging.getLogger(__name__)

DRAIN_S = 30.0  # how long answers in flight may go on when the model is changed


class LocalBackend:
    """Loads one model at a time in the background and streams replies from it."""

    def __init__(self, options: LocalOptions) -> None:
        self._options = options
        self._measuring = Measuring(options.cache_dir)
        self._planner = Planner(options=options, resident=lambda: self._state.model)
        self._state = State(latest=ModelChange(model=options.model))  # requests that come before ``start`` wait for it
        self._changed = threading.Condition()

    # -- requests -------------------------------------------------------------------------------------------

    def stream(self, request: Request | Completion, *, until_s: float = inf) -> EventStream:
        """Yield the reply's events, after the model's own progress while none answers yet.

        ``until_s``, by time.monotonic, is when the reply ends with the finish reason "time".
        """
        while (model := self._await_model()) is None:
            change = self._state.change
            yield change.progress if change else Loading(stage="Starting")
        yield from self._measuring.follow(model.stream(request, until_s=until_s), model.recipe)

    def check(self, request: Request | Completion) -> None:
        """Raise what ``stream`` would at once, where no model is on its way; does no work on the model's device."""
        model = self._await_model()
        if model is not None:
            model.check(request)

    def _await_model(self) -> Resident | None:
        with self._changed:
            self._changed.wait_for(lambda: not self._state.is_waiting, HEARTBEAT_S)
            return self._state.for_requests()

    def status(self) -> Status:
        """Return what answers now, and what is on its way; a log names paths, so it is for this machine's people."""
        status = self._state.status(self._options.model)
        return status if self._options.local_paths else replace(status, log=())

    def count_tokens(self, text: str) -> int:
        """Return how many tokens ``text`` is for the model that answers; a fair estimate while there is none."""
        model = self._state.model
        return model.count_tokens(text) if model else estimated_tokens(text)

    def close(self) -> None:
        """End all streams and any load that is under way."""
        for model in self._move(State.close).residents:
            model.close()

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
        self._in_background(ModelChange(model=model), lambda: self._change_to(model, precision))

    def cancel_load(self) -> None:
        """Stop the load under way, as soon as its current piece of work is done; what answered before still does."""
        self._check_pin()
        self._move(State.cancel)

    def unload(self) -> None:
        """Let requests in flight finish, then free the model's memory."""
        self._check_pin()
        model = self._state.model
        name = model.recipe.source.name if model else Sentence("The model")
        self._in_background(ModelChange(model=name, is_unloading=True), self._retire)

    def choices(self) -> tuple[Choice, ...]:
        """Return what could be loaded, with how it would fit this machine now."""
        return self._planner.choices()

    def fit(self, model: str, *, precision: str = "auto") -> str:
        """Return in a sentence how ``model`` would fit this machine now; see ``ModelHost``."""
        machine = self._planner.machine()
        source = self._planner.source(model, machine, by_operator=False)
        planned = self._planner.plan(source, machine, precision=precision, by_operator=False)
        return Sentence("At {precision}: {reason}", precision=planned.precision, reason=planned.reason)

    def quantisations(self, model: str) -> tuple[Quantisation, ...]:
        """Return what the GGUF repository ``model`` publishes, with how each would fit; see ``ModelHost``."""
        return self._planner.quantisations(model)

    def wait(self) -> None:
        """Block until no load is under way."""
        with self._changed:
            self._changed.wait_for(lambda: self._state.change is None)

    def _check_pin(self) -> None:
        if self._options.is_pinned:
            raise Unsupported("The operator has pinned the model of this app; it cannot be changed here.")

    def _move(self, transition: Callable[[State], State]) -> State:
        """Put the state that ``transition`` makes of this one in its place, and return the one before it."""
        with self._changed:
            before, self._state = self._state, transition(self._state)
            self._changed.notify_all()
        return before

    def _in_background(self, change: ModelChange, work: Callable[[], SpaceError | None]) -> None:
        self._move(lambda state: state.begin(change))
        self._spawn(work)

    def _spawn(self, work: Callable[[], SpaceError | None]) -> None:
        threading.Thread(target=self._run, args=(work,), name="load", daemon=True).start()

    def _run(self, work: Callable[[], SpaceError | None]) -> None:
        """Do what the change under way takes; ``work`` may return an error that it has found a way around."""
        error = None
        try:
            error = work()
        except Cancelled:
            log.info("loading %s was cancelled", self._changing)
        except SpaceError as caught:
            log.error("%s", caught)
            error = caught
        except Exception as caught:
            log.exception("loading failed")
            error = LoadFailed("{model} could not be loaded: {error}", model=self._changing, error=caught)
        finally:
            self._move(lambda state: state.end(error))

    @property
    def _changing(self) -> str:
        change = self._state.change
        return change.model if change else ""

    def _load_first(self) -> SpaceError | None:
        options = self._options
        try:
            self._change_to(options.model, options.precision, by_operator=True)
        except Cancelled:
            raise
        except SpaceError as error:
            if options.model != "auto" or options.on_space or self._changing == STARTER_NAME:
                raise
            log.error("%s The starter answers instead.", error)
            self._change_to("starter", "auto")
            return error
        return None

    def _change_to(self, model: str, precision: str, *, by_operator: bool = False) -> None:
        """Plan and fetch while the old model still answers; make room only where both do not fit."""
        self._report(Loading(stage="Starting the engine"))
        from deepseek_space.backends.local import planning

        machine = self._planner.machine()
        source = self._planner.source(model, machine, by_operator=by_operator)
        self._move(lambda state: state.identify(source.name))
        plan = self._planner.plan(source, machine, precision=precision, by_operator=by_operator)
        recipe = Recipe(source=source, plan=plan)
        files = self._fetch(recipe)
        previous = self._state.model.recipe if self._state.model else None
        if previous is not None and not planning.fits_now(plan, machine):
            self._retire()
        try:
            self._install(recipe, files)
        except Exception:
            if previous is not None and self._state.model is None and not self._state.is_closed:
                self._restore(previous)
            raise

    def _fetch(self, recipe: Recipe) -> tuple[Path, str]:
        from deepseek_space.backends.local import fetching

        while True:
            try:
                return fetching.fetch(recipe, self._options.cache_dir, self._watch())
            except NoSpace:
                if not self._planner.make_disk_room(recipe.source):
                    raise

    def _restore(self, previous: Recipe) -> None:
        self._move(State.go_back)
        try:
            self._install(previous, self._fetch(previous))
        except Exception:  # what made the change fail is what people need to know
            log.exception("%s could not be loaded again", previous.source.name)

    def _install(self, recipe: Recipe, files: tuple[Path, str]) -> None:
        options = self._options
        common: dict[str, Any] = {
            "cache_dir": options.cache_dir,
            "max_queue": options.max_queue,
            "shares_prefixes": options.shares_prefixes,
            "watch": self._watch(),
        }
        inline = bool(options.lent_bytes)
        if recipe.plan.engine == "vllm":
            from deepseek_space.backends.local import vllm_assembly

            model: Resident = vllm_assembly.assemble_vllm(
                recipe, files, cache_dir=options.cache_dir, watch=self._watch()
            )
        elif recipe.plan.engine == "llama.cpp":
            from deepseek_space.backends.local import gguf_assembly

            model = gguf_assembly.assemble_gguf(recipe, files, **common)
        elif options.own_process and not inline:
            from deepseek_space.backends.local import torch_assembly

            model = torch_assembly.assemble_apart(recipe, files, kept_bytes=options.kept_bytes, **common)
        else:
            from deepseek_space.backends.local import assembly

            model = assembly.assemble(recipe, files, kept_bytes=options.kept_bytes, inline=inline, **common)
        log.info("%s is ready: %s on %s", recipe.source.name, recipe.plan.precision, model.device)
        self._drain(self._move(lambda state: state.install(model)))
        if self._state.is_closed:
            model.free(drain_s=0)

    def _retire(self) -> None:
        self._drain(self._move(State.retire))

    def _drain(self, before: State) -> None:
        """Free the model that answered ``before``, if any, once its last answers have ended."""
        if before.model is not None:
            before.model.free(drain_s=0.0 if self._state.is_closed else DRAIN_S)
            self._move(State.forget_drained)

    def _watch(self) -> Watch:
        return Watch(progress=self._report, cancelled=lambda: self._state.is_cancelled)

    def _report(self, progress: Loading) -> None:
        self._move(lambda state: state.report(progress))
