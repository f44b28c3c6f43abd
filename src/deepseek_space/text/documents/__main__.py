"""The process that reads files: a job comes in as JSON, a line of JSON goes out for each file. See ``process.py``."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from deepseek_space.sentences import Sentence, to_json
from deepseek_space.text.documents.document import Limits, Reading
from deepseek_space.text.documents.process import Upload
from deepseek_space.text.documents.reading import read_document
from deepseek_space.text.process_memory import bound_memory

_TOO_MUCH = "The documents of one message have at most {limit} characters; the rest was left out."


def _main() -> None:
    job = json.load(sys.stdin)
    limits = Limits(**job["limits"])
    bound_memory(limits.memory_bytes)
    for reading in _readings([Upload(**upload) for upload in job["uploads"]], limits):
        notes = [to_json(note) for note in reading.notes]
        print(json.dumps({**asdict(reading), "notes": notes}), flush=True)


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
    return Reading(notes=(Sentence(_TOO_MUCH, limit=f"{limits.characters:,}"),))


if __name__ == "__main__":
    _main()
