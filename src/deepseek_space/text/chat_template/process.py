"""Chat templates are rendered in a process of their own, bounded in time, memory and length.

A template is a program that comes with a checkpoint. One that does not end must hold up nobody but who asked for it,
and no sandbox counts steps. This is the side that asks; ``__main__.py`` is the process. Knows no tokenizer.
"""

import json
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepseek_space.errors import RequestError

REFUSES = (
    "The model's chat template refuses this conversation ({error}). Start a new chat, or leave out the system prompt."
)
ENDLESS = (
    "The model's chat template did not come to an end within {limit} seconds and the memory there is, and was "
    "stopped. Load another model."
)
FAULTY = (
    "The model's chat template breaks down on this conversation ({kind}). Start a new chat, leave out the system "
    "prompt, or load another model."
)
_TIMES_ENDED = 3  # after which it is not tried again
_LONGEST_REASON = 200


@dataclass(frozen=True, kw_only=True)
class TemplateLimits:
    """The most that one rendering may take: seconds of a core, seconds in all, memory of its process, text."""

    cpu_s: float = 2.0
    all_s: float = 30.0  # a machine that is busy with other things is slow, not endless
    memory_bytes: int = 2**30
    characters: int = 16_000_000


class TemplateProcess:
    """Renders the template ``source``, with ``variables`` that are the same for all conversations.

    May be shared by threads. The process starts with the first conversation and ends with this object.
    """

    def __init__(self, source: str, variables: Mapping[str, Any], *, limits: TemplateLimits | None = None) -> None:
        self._limits = limits or TemplateLimits()
        limits_json = {name: getattr(self._limits, name) for name in ("cpu_s", "memory_bytes", "characters")}
        self._start = _line({"source": source, "variables": dict(variables), **limits_json})
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._times_ended = 0

    def render(self, messages: Sequence[Mapping[str, Any]], **choice: bool) -> str:
        """Return the prompt string for ``messages``, up to where the reply begins.

        Raises RequestError if the template refuses them, breaks down, or does not come to an end.
        """
        job = {"messages": list(messages), "tools": None, "documents": None, "add_generation_prompt": True, **choice}
        with self._lock:
            answer = self._answer(_line(job))
        match answer:
            case {"text": str(text)}:
                return text
            case {"refusal": str(reason)}:
                raise RequestError(REFUSES, error=reason[:_LONGEST_REASON])
            case {"fault": str(kind)}:
                raise RequestError(FAULTY, kind=kind)
        raise RequestError(ENDLESS, limit=f"{self._limits.cpu_s:g}")

    def close(self) -> None:
        """End the process; another begins where it is needed."""
        with self._lock:
            self._end()

    def _answer(self, job: bytes) -> dict[str, Any]:
        if self._times_ended >= _TIMES_ENDED:
            return {}
        process = self._running()
        watchdog = threading.Timer(self._limits.all_s, process.kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            process.stdin.write(job)
            process.stdin.flush()
            line = process.stdout.readline()
        except OSError:  # it has ended in the middle of it
            line = b""
        finally:
            watchdog.cancel()
        if line.endswith(b"\n"):
            return json.loads(line)
        self._end()
        self._times_ended += 1
        return {}

    def _running(self) -> subprocess.Popen[bytes]:
        # A fork of this process, as on ZeroGPU, shares the pipes: what it asked for would be read by both.
        if self._process is not None and self._owner == os.getpid() and self._process.poll() is None:
            return self._process
        process = subprocess.Popen(
            [sys.executable, "-m", __package__],
            cwd=Path(__file__).parents[3],  # where Python finds this package
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        weakref.finalize(self, process.kill)
        process.stdin.write(self._start)
        self._process, self._owner = process, os.getpid()
        return process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            process.stdout.close()
            with suppress(OSError):  # what was not written yet has nobody to read it
                process.stdin.close()


def _line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, default=str).encode() + b"\n"
