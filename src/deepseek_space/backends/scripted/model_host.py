"""The models that the scripted backend pretends to load: a few choices and a clock. Loads nothing and knows no script.

Nothing runs here between calls: what has become of a load is worked out from the time that has passed.
"""

import threading
import time
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Literal

from deepseek_space.errors import BusyError, DoesNotFit, ModelNotFound, SpaceError, Unsupported
from deepseek_space.events import Loading
from deepseek_space.sentences import Sentence, joined
from deepseek_space.status import Choice, Status

MODEL = "fake"
NOTE = Sentence("Scripted replies, no model: for trying out the page.")
BASE_TITLE = "Coder in name only, base"
FIRST_BYTES = 98_362_432


def _choice(
    name: str,
    title: str,
    group: str,
    size: float,
    verdict: Literal["fits", "offload", "no"] = "fits",
    reason: str = "",
    strengths: str = NOTE,
    *,
    precision: str = "int8",
    is_on_disk: bool = False,
    licence: str = "MIT",
) -> Choice:
    return Choice(
        name=name,
        title=title,
        group=group,
        verdict=verdict,
        reason=reason or Sentence("Takes {need:.1f} GB of 23.1 GB free, as scripted.", need=size * 0.8),
        precision=precision,
        memory_bytes=int(size * 0.8e9),
        disk_bytes=int(size * 1e9),
        is_on_disk=is_on_disk,
        licence=licence,
        strengths=strengths,
    )


_TOO_LARGE = Sentence("Needs 550.9 GB, but 23.1 GB are free, as scripted.")
_SLOW = Sentence("Takes 26.4 GB: 23.1 GB on the device, the rest beside it, as scripted.")
CHOICES: Sequence[Choice] = (
    _choice(MODEL, MODEL, "Starter", 0.1, is_on_disk=True, precision="bf16", licence="Apache-2.0"),
    _choice("r1-tiny", "R1 in name only, tiny", "R1 distilled", 3.6, strengths="Shows how a reasoner is listed."),
    _choice("r1-small", "R1 in name only, small", "R1 distilled", 16.4, strengths="Shows a longer download."),
    _choice(
        "r1-medium", "R1 in name only, medium", "R1 distilled", 33.0, "offload", _SLOW, Sentence("Shows offloading.")
    ),
    _choice("coder-tiny", "Coder in name only, tiny", "Coder", 2.7, is_on_disk=True, strengths="Shows a coder."),
    _choice("coder-small", "Coder in name only, small", "Coder", 13.5, strengths="Shows one more coder."),
    _choice("coder-base", BASE_TITLE, "Coder", 2.7, is_on_disk=True, strengths="Shows what cannot chat."),
    _choice("math-small", "Math in name only", "Math", 13.8, strengths="Shows a specialist."),
    _choice("r1-large", "R1 in name only, whole", "R1", 688.6, "no", _TOO_LARGE, Sentence("Shows what does not fit.")),
)


class ScriptedModelHost:
    """One model at a time out of ``choices``; changing to one takes ``change_s``.

    What does not fit fails as a real one would, and what answered before goes on.
    """

    def __init__(
        self,
        choices: Sequence[Choice] = CHOICES,
        *,
        first_s: float = 0.0,
        change_s: float = 12.0,
        is_pinned: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.choices = tuple(choices)
        self._by_name = {choice.name: choice for choice in choices}
        self._first_s, self._change_s, self._is_pinned, self._clock = first_s, change_s, is_pinned, clock
        self._lock = threading.RLock()
        self._model: Choice | None = None
        self._precision = ""
        self._error: SpaceError | None = None
        self.start()

    def start(self) -> None:
        """Let the time of the first load begin to pass."""
        with self._lock:
            self._begin(self.choices[0], "auto", self._first_s, FIRST_BYTES)

    def load(self, model: str, precision: str) -> None:
        """Begin to change to ``model``; raises BusyError during a load, Unsupported where the model is pinned."""
        with self._lock:
            self._check_free()
            try:
                chosen, self._error = self.find(model), None
            except SpaceError as error:
                self._error = error
            else:
                self._begin(chosen, precision, self._change_s, chosen.disk_bytes)

    def find(self, model: str) -> Choice:
        """Return the choice of that name; raises ModelNotFound, or DoesNotFit."""
        chosen = self._by_name.get(model)
        if chosen is None:
            near = get_close_matches(model, self._by_name)
            nearest = Sentence("Nearest names: {names}.", names=", ".join(near)) if near else ""
            unknown = Sentence("There is no model called {name}.", name=repr(model))
            raise ModelNotFound(joined(unknown, nearest or Sentence("Choose one of the list.")))
        if chosen.verdict == "no":
            near = next(choice.title for choice in self.choices if choice.verdict == "fits")
            too_large = Sentence("{name} does not fit here.", name=chosen.title)
            raise DoesNotFit(joined(too_large, chosen.reason, Sentence("Nearest that fits: {other}.", other=near)))
        return chosen

    def cancel_load(self) -> None:
        """Stay with what answers now."""
        with self._lock:
            self._check_pin()
            self._finish_if_due()
            self._coming = None

    def unload(self) -> None:
        """Put the model away."""
        with self._lock:
            self._check_free()
            self._model, self._error = None, None

    def answering(self) -> bool:
        """Tell whether a model answers; raises the reason if none does and none is on its way."""
        with self._lock:
            self._finish_if_due()
            if self._model is None and self._coming is None:
                raise self._error or ModelNotFound("No model is loaded. Choose one under Models.")
            return self._model is not None

    def status(self) -> Status:
        """Return what is loaded and what is on its way; without what only the backend knows."""
        with self._lock:
            self._finish_if_due()
            model, coming = self._model, self._coming
            return Status(
                state="ready" if model else "loading" if coming else "failed" if self._error else "empty",
                model=(model or coming or self.choices[0]).title,
                note=NOTE if model else "",
                warnings=_warnings(model),
                precision=self._precision if model else "",
                device="cpu" if model else "",
                context_tokens=131_072 if model else 0,
                memory_bytes=model.memory_bytes if model else 0,
                loading_model=coming.title if coming else "",
                progress=self._progress(),
                error=self._error.sentence if self._error else "",
            )

    def _begin(self, chosen: Choice, precision: str, seconds: float, total_bytes: int) -> None:
        self._coming: Choice | None = chosen
        self._coming_precision = chosen.precision if precision == "auto" else precision
        self._since_s, self._takes_s, self._total_bytes = self._clock(), seconds, total_bytes
        if self._model is chosen:
            self._model = None  # the same again, as a restart of the app would
        self._finish_if_due()

    def _finish_if_due(self) -> None:
        """Put the model that was on its way in place if its time has come."""
        if self._coming and self._clock() - self._since_s >= self._takes_s:
            self._model, self._precision, self._coming = self._coming, self._coming_precision, None

    def _progress(self) -> Loading | None:
        if self._coming is None:
            return None
        share = min((self._clock() - self._since_s) / self._takes_s, 1.0)
        return Loading(stage="Reading the script", done=int(self._total_bytes * share), total=self._total_bytes)

    def _check_pin(self) -> None:
        if self._is_pinned:
            raise Unsupported("The operator has pinned the model of this app; it cannot be changed here.")

    def _check_free(self) -> None:
        self._check_pin()
        self._finish_if_due()
        if self._coming:
            raise BusyError("{name} is being loaded already. Wait for it, or cancel it first.", name=self._coming.title)


def _warnings(model: Choice | None) -> tuple[str, ...]:
    if model is None or model.name == MODEL:
        return ()
    return (
        Sentence("It says what the script says, whatever its name."),
        Sentence("Its figures are the script's, not a model's."),
    )
