"""Which model answers in this process, and what is being done about that: one value, and every way it may change.

Knows no thread and does nothing: ``backend`` does the work, and puts the next state in the place of the last.
"""

from dataclasses import dataclass, field, replace

from deepseek_space.backends.local.resident_model import Resident
from deepseek_space.errors import BusyError, EngineStopped, LoadFailed, ModelNotFound, SpaceError
from deepseek_space.events import Loading
from deepseek_space.sentences import Sentence
from deepseek_space.status import Status


@dataclass(frozen=True, kw_only=True)
class ModelChange:
    """A load or an unload under way: of which model, how far it has come, and which model it waits for to end."""

    model: str
    is_unloading: bool = False
    progress: Loading = field(default_factory=lambda: Loading(stage="Starting"))
    is_cancelled: bool = False
    draining: Resident | None = None  # answers its last requests

    @property
    def busy(self) -> BusyError:
        """Why nothing else can be begun now."""
        if self.is_unloading:
            return BusyError("{name} is being unloaded. Wait a moment, then try again.", name=self.model)
        return BusyError("{name} is being loaded already. Wait for it, or cancel it first.", name=self.model)


@dataclass(frozen=True, kw_only=True)
class State:
    """Who answers (``model``), and beside it a change under way, or why the latest one failed.

    ======== ============================= ========================= ==================
    model    ``latest`` None               ModelChange               SpaceError
    ======== ============================= ========================= ==================
    None     empty                         loading, or unloading     failed
    resident ready                         ready, and changing       ready, as it was
    ======== ============================= ========================= ==================
    """

    model: Resident | None = None
    latest: ModelChange | SpaceError | None = None
    is_closed: bool = False

    @property
    def change(self) -> ModelChange | None:
        """What is under way."""
        return self.latest if isinstance(self.latest, ModelChange) else None

    @property
    def error(self) -> SpaceError | None:
        """Why the latest change failed."""
        return self.latest if isinstance(self.latest, SpaceError) else None

    @property
    def is_waiting(self) -> bool:
        """Whether a request had better wait: no model answers, but one may soon."""
        return self.model is None and self.change is not None and not self.is_closed

    @property
    def is_cancelled(self) -> bool:
        """Whether what is under way is to stop."""
        return self.is_closed or (self.change is not None and self.change.is_cancelled)

    @property
    def residents(self) -> tuple[Resident, ...]:
        """All models that may have streams open."""
        draining = self.change.draining if self.change else None
        return tuple(model for model in (self.model, draining) if model)

    def for_requests(self) -> Resident | None:
        """Return the model that answers, None while it is on its way; raise why there will be none."""
        if self.is_closed:
            raise EngineStopped("The app is shutting down.")
        if self.model is None and self.change is None:
            raise self.error or ModelNotFound("No model is loaded. Choose one under Models.")
        return self.model

    def status(self, wanted: str) -> Status:
        """Return what a page shows of it; ``wanted`` names the operator's model, for where there is no other."""
        change, error = self.change, self.error
        coming = Status(
            state="loading" if change else "failed" if error else "empty",
            model=change.model if change else wanted,
            loading_model=change.model if change else "",
            progress=change.progress if change else None,
            error=error.sentence if error else "",
            log=change.progress.log if change else error.log if isinstance(error, LoadFailed) else (),
        )
        return self.model.describe(coming) if self.model else coming

    def begin(self, change: ModelChange) -> "State":
        """Let ``change`` be under way. Raises BusyError where one is."""
        if self.change:
            raise self.change.busy
        return replace(self, latest=change)

    def end(self, error: SpaceError | None) -> "State":
        """Let the change be over, failed if there is an ``error``."""
        return replace(self, latest=error)

    def identify(self, model: str) -> "State":
        """Name the model that is on its way, now that it is known what was asked for."""
        return self._update(model=model)

    def report(self, progress: Loading) -> "State":
        """Tell how far the change has come; one that is cancelled only says so."""
        return self if self.is_cancelled else self._update(progress=progress)

    def cancel(self) -> "State":
        """Let the change be told to stop."""
        return self.report(Loading(stage="Stopping"))._update(is_cancelled=True)

    def go_back(self) -> "State":
        """Let a change that went wrong bring back what answered before, which can be cancelled for itself."""
        return self._update(is_cancelled=False)

    def install(self, model: Resident) -> "State":
        """Let ``model`` answer, and what answered before give its last answers; once closed nothing answers anew."""
        return replace(self._drain(), model=None if self.is_closed else model)

    def retire(self) -> "State":
        """Let nothing answer, and what did so give its last answers."""
        return replace(self._drain(), model=None)

    def forget_drained(self) -> "State":
        """Let the model that gave its last answers be gone."""
        return self._update(draining=None)

    def close(self) -> "State":
        """Let nothing be served any more."""
        return replace(self, is_closed=True)

    def _drain(self) -> "State":
        if self.model is None:
            return self
        name = self.model.recipe.source.name
        stage = Sentence("Waiting for the last answers of {name}", name=name)
        return self.report(Loading(stage=stage))._update(draining=self.model)

    def _update(self, **fields: object) -> "State":
        return replace(self, latest=replace(self.change, **fields)) if self.change else self
