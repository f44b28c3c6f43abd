"""How the program was called: its words, its environment, and the name that it is called by. Reads neither."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of a command. ``words`` are those after the command, ``program`` is what to type before one."""

    words: tuple[str, ...]
    environ: Mapping[str, str]
    program: str

    @property
    def name(self) -> str:
        """Return the name that stands before an error: ``app.py`` of ``python app.py``."""
        return self.program.split()[-1]
