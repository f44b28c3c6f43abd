"""The line at the top: which model answers, at what precision, on what device, and how far its loading has come."""

from html import escape

from deepseek_space.types import Loading, Status

_UNITS = ("B", "kB", "MB", "GB", "TB")


def model_line(status: Status) -> str:
    """Return the line as HTML."""
    facts = [fact for fact in (status.precision, status.device) if fact and fact != "none"]
    parts = [
        '<span class="ds-dot" aria-hidden="true"></span>',
        f'<strong class="ds-name">{escape(status.model or "No model")}</strong>',
        *(f'<span class="ds-fact">{escape(fact)}</span>' for fact in facts),
        f'<span class="ds-says">{escape(_saying(status))}</span>',
    ]
    if status.progress:
        parts.append(_bar(status.progress))
    return f'<div class="ds-model" role="status" data-state="{status.state}">{"".join(parts)}</div>'


def progress_text(progress: Loading) -> str:
    """Say how far the loading has come, such as ``Fetching: 12 of 98 MB``."""
    if not progress.total:
        return progress.stage
    if progress.unit != "B":
        return f"{progress.stage}: {progress.done:,} of {progress.total:,} {progress.unit}"
    step = next((n for n in range(len(_UNITS)) if progress.total < 1000 ** (n + 1)), len(_UNITS) - 1)
    done, total = progress.done / 1000**step, progress.total / 1000**step
    digits = 1 if total < 10 and step else 0
    return f"{progress.stage}: {done:.{digits}f} of {total:.{digits}f} {_UNITS[step]}"


def _saying(status: Status) -> str:
    if status.state == "failed":
        return status.error
    if status.progress:
        return progress_text(status.progress)
    return "Getting ready" if status.state == "loading" else status.note


def _bar(progress: Loading) -> str:
    amount = f' value="{progress.done}" max="{progress.total}"' if progress.total else ""
    return f'<progress{amount} aria-label="{escape(progress.stage)}"></progress>'
