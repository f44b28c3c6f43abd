"""Files are read in a process of their own, bounded in time and memory.

A parser busy for seconds would hold the interpreter that streams everybody's replies, and a hostile file must end
nothing but itself: so it runs beside the process that generates. This is the side that asks; ``__main__.py`` is the
process. Knows no reader and no kind of file.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from deepseek_space.sentences import Sentence, from_json
from deepseek_space.text.documents.document import Document, Limits, Reading, clean_name

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
        [sys.executable, "-m", __package__],
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
        notes=tuple(map(from_json, values["notes"])),
    )


def _unread(upload: Upload, limits: Limits) -> Reading:
    return Reading(notes=(Sentence(_UNREAD, name=clean_name(upload.name), limit=limits.read_s),))
