"""Sizes, rates and times in words. Memory and downloads alike are counted in GB of 10^9 bytes, as the Hub does."""

from deepseek_space.events import Loading
from deepseek_space.ui.words.language import say

_UNITS = ("B", "kB", "MB", "GB", "TB")


def size_text(num_bytes: float) -> str:
    """Return such as ``98 MB`` or ``15.2 GB``."""
    step = _step(num_bytes)
    return f"{num_bytes / 1000**step:.{_digits(num_bytes, step)}f} {_UNITS[step]}"


def token_text(count: int) -> str:
    """Return such as ``1 token`` or ``1,200 tokens``."""
    return say("1 token") if count == 1 else say("{count} tokens", count=f"{count:,}")


def duration_text(seconds: float) -> str:
    """Return such as ``40 s``, ``3 min`` or ``2 h 10 min``."""
    whole = max(1, round(seconds))
    if whole < 60:
        return say("{seconds} s", seconds=whole)
    minutes = round(whole / 60)
    if minutes < 60:
        return say("{minutes} min", minutes=minutes)
    return say("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)


def progress_text(progress: Loading) -> str:
    """Say how far the loading has come, such as ``Fetching: 12 of 98 MB``."""
    stage = say(progress.stage)
    if not progress.total:
        return stage
    if progress.unit != "B":
        done, total = f"{progress.done:,}", f"{progress.total:,} {say(progress.unit)}"
        return say("{stage}: {done} of {total}", stage=stage, done=done, total=total)
    step = _step(progress.total)
    digits = _digits(progress.total, step)
    done, total = progress.done / 1000**step, progress.total / 1000**step
    amount = f"{total:.{digits}f} {_UNITS[step]}"
    return say("{stage}: {done} of {total}", stage=stage, done=f"{done:.{digits}f}", total=amount)


def _step(num_bytes: float) -> int:
    return next((n for n in range(len(_UNITS)) if num_bytes < 1000 ** (n + 1)), len(_UNITS) - 1)


def _digits(num_bytes: float, step: int) -> int:
    exact_below = 100 if _UNITS[step] in ("GB", "TB") else 10 if step else 0
    return 1 if num_bytes / 1000**step < exact_below else 0
