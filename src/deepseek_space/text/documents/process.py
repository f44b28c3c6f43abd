"""Files are read in a process of their own: bounded in time and memory, and beside the one that generates.

A parser busy for seconds would hold the interpreter that streams everybody's replies, and a hostile file must end
nothing but itself. Run as a module this reads a job from its input and writes a line of JSON for each file.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from deepseek_space.text.documents.document import Document, Limits, Note, Reading
from deepseek_space.text.documents.reading import clean_name, read_document

_TOO_MUCH = "The documents of one message have at most {limit} characters; the rest was left out."
_UNREAD = "{name} could not be read in the {limit:,.0f} seconds and the memory there are. Attach a smaller part of it."


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file on this disk, and what its owner calls it."""

    path: str
    name: str


def read_files(uploads: Sequence[Upload], limits: Limits) -> list[Reading]:
    """Return what came of each file, in the same order; no content of a file makes it raise."""
    job = {"uploads": [asdict(upload) for upload in uploads], "limits": asdict(limits)}
    lines = _run(json.dumps(job), limits.read_s).splitlines(keepends=True)
    readings = [_reading(line) for line in lines if line.endswith("\n")]
    return readings + [_unread(upload, limits) for upload in uploads[len(readings) :]]


def _run(job: str, timeout_s: float) -> str:
    """Return what the process wrote until it ended or its time was up."""
    process = subprocess.Popen(
        [sys.executable, "-m", __name__],
        cwd=Path(__file__).parents[3],  # where Python finds this package
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        return process.communicate(job, timeout_s)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate()[0]


def _reading(line: str) -> Reading:
    values = json.loads(line)
    return Reading(
        documents=tuple(Document(**document) for document in values["documents"]),
        notes=tuple(Note(**note) for note in values["notes"]),
    )


def _unread(upload: Upload, limits: Limits) -> Reading:
    values = {"name": clean_name(upload.name), "limit": limits.read_s}
    return Reading(notes=(Note(sentence=_UNREAD, values=values),))


def _main() -> None:
    job = json.load(sys.stdin)
    limits = Limits(**job["limits"])
    _bound_memory(limits.memory_bytes)
    for reading in _readings([Upload(**upload) for upload in job["uploads"]], limits):
        print(json.dumps(asdict(reading)), flush=True)


def _readings(uploads: Sequence[Upload], limits: Limits) -> Iterator[Reading]:
    """Yield what came of each file; nothing of those after the one that makes them too much for one message."""
    left = limits.characters
    for upload in uploads:
        if left < 0:
            yield Reading()
            continue
        with Path(upload.path).open("rb") as file:
            data = file.read(limits.file_bytes + 1)
        reading = read_document(upload.name, data, limits)
        left -= sum(len(document.text) for document in reading.documents)
        # What small archives unpack to must not add up in the process that is written to.
        yield reading if left >= 0 else _too_much(limits)


def _too_much(limits: Limits) -> Reading:
    return Reading(notes=(Note(sentence=_TOO_MUCH, values={"limit": f"{limits.characters:,}"}),))


def _bound_memory(limit_bytes: int) -> None:
    # Windows has no such limit, and macOS may refuse it: the time is bounded there too.
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, limit_bytes))


if __name__ == "__main__":
    _main()
