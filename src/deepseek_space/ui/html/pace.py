"""How fast something loads, from what it reported one after the other. Knows no clock and no page."""

from dataclasses import dataclass, replace

from deepseek_space.events import Loading
from deepseek_space.ui.words.amounts import duration_text, size_text
from deepseek_space.ui.words.language import say

WINDOW_S = 10.0  # long enough to be steady, short enough to follow a line that slows down
MIN_SPAN_S = 1.0  # below that a rate is chance


@dataclass(frozen=True, kw_only=True)
class Pace:
    """The latest reports of one stage of a load, each with its time in seconds of a steady clock."""

    stage: str = ""
    total: int = 0
    samples: tuple[tuple[float, int], ...] = ()

    def after(self, progress: Loading | None, now_s: float) -> "Pace":
        """Return the pace with one more report; it begins anew with each stage, and where less is done than before."""
        if progress is None or not progress.total or progress.unit != "B":
            return Pace()
        is_same = (self.stage, self.total) == (progress.stage, progress.total)
        if not is_same or progress.done < self.samples[-1][1]:
            return Pace(stage=progress.stage, total=progress.total, samples=((now_s, progress.done),))
        recent = tuple(sample for sample in self.samples if now_s - sample[0] <= WINDOW_S)
        return replace(self, samples=(*(recent or self.samples[-1:]), (now_s, progress.done)))

    @property
    def bytes_per_second(self) -> float:
        """The rate over the window; 0 while it is not known or nothing moves."""
        if not self.samples:
            return 0.0
        (first_s, first), (last_s, last) = self.samples[0], self.samples[-1]
        return (last - first) / (last_s - first_s) if last_s - first_s >= MIN_SPAN_S else 0.0

    @property
    def left_s(self) -> float | None:
        """The seconds left at this rate; None while it is not known."""
        rate = self.bytes_per_second
        return (self.total - self.samples[-1][1]) / rate if rate else None

    def text(self) -> str:
        """Return such as ``12 MB/s, 3 min left``, or nothing."""
        if self.left_s is None:
            return ""
        rate = size_text(self.bytes_per_second)
        return say("{rate}/s, {duration} left", rate=rate, duration=duration_text(self.left_s))


STANDING = Pace()
