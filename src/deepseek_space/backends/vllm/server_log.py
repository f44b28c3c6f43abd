"""What vLLM prints while it loads and answers: its latest lines, how far it has come, and why it gave up.

Its wording was read from 0.32; where another version says it otherwise, the stage stays as it was.
"""

import re
import threading
from collections import deque
from dataclasses import replace

from deepseek_space.events import Loading
from deepseek_space.sentences import Sentence

KEPT_LINES = 400
MOST_CHARACTERS = 2_000
"""Of a line: a configuration is printed as one."""

_STARTING = Loading(stage=Sentence("vLLM is starting"))
_SHARDS = re.compile(r"Loading .* checkpoint shards: +\d+% Completed \| (\d+)/(\d+)")
_STAGES = (
    (re.compile(r"Starting to load model"), Sentence("vLLM is reading the weights")),
    (re.compile(r"[Ww]arming up|torch\.compile|Compiling|Capturing CUDA graph"), Sentence("vLLM is compiling")),
    (re.compile(r"Starting vLLM server|Application startup"), Sentence("vLLM is opening its port")),
)
_PREFIX = re.compile(r"\(\w+ pid=\d+\) (?P<level>[A-Z]+) [\d-]+ (?P<time>[\d:]+) \[[^\]]+:\d+\] ?")
_ROUTES = re.compile(r"Route: /|Available routes are")  # some sixty lines at each start
_PROBLEM = re.compile(r"(?:^|\s)([A-Z]\w*(?:Error|Exception): .+)")
_SYMPTOM = re.compile(r"root cause|initialization failed|background process", re.IGNORECASE)
_TOLD = re.compile(r"(?:: error: |^[\d:]+ ERROR )(.+)")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class ServerLog:
    """The latest lines; ``add`` is called by the thread that listens, all else by any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._is_unfinished = False
        self.stage = _STARTING
        """How far it has come."""

    @property
    def loading(self) -> Loading:
        """How far it has come, with the lines."""
        return replace(self.stage, log=self.lines)

    @property
    def lines(self) -> tuple[str, ...]:
        """The latest lines, the oldest first."""
        with self._lock:
            return tuple(self._lines)

    def begin(self) -> None:
        """Forget what an earlier life said."""
        with self._lock:
            self._lines.clear()
            self._is_unfinished = False
        self.stage = _STARTING

    def add(self, line: str, *, goes_on: bool = False) -> None:
        """Take a line; the next one takes the place of one that ``goes_on``, as a bar of progress does."""
        line = _PREFIX.sub(_short_prefix, _COLOURS.sub("", line)).rstrip()[:MOST_CHARACTERS]
        if not line or _ROUTES.search(line):
            return
        with self._lock:
            if self._is_unfinished:
                self._lines.pop()
            self._lines.append(line)
            self._is_unfinished = goes_on
        if shards := _SHARDS.search(line):
            done, total = map(int, shards.groups())
            self.stage = Loading(stage=_STAGES[0][1], done=done, total=total, unit="files")
            return
        stage = next((stage for told, stage in _STAGES if told.search(line)), "")
        if stage and stage != self.stage.stage:
            self.stage = Loading(stage=stage)

    @property
    def problem(self) -> str:
        """What it said went wrong first; empty where it said nothing of the kind."""
        found = [match[1] for line in self.lines if (match := _PROBLEM.search(line))]
        causes = [said for said in found if not _SYMPTOM.search(said)]
        others = [match[1] for line in self.lines if (match := _TOLD.search(line))]
        return next(iter((*causes, *found, *others)), "")


def _short_prefix(found: re.Match[str]) -> str:
    level = "" if found["level"] == "INFO" else f"{found['level']} "
    return f"{found['time']} {level}"
