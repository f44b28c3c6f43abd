"""One thing that was looked at: is it well, and if not, what mends it. Knows no machine."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """``warn`` is what works and could be better, ``fail`` what keeps the app from working; both have a ``remedy``."""

    verdict: Verdict
    subject: str
    text: str
    remedy: str = ""
