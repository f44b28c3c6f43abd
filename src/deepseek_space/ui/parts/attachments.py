"""Documents for the next message: chosen, dropped or pasted, read, shown, taken off again."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePath

import gradio as gr
from gradio.components import Component

from deepseek_space.backends.base import Backend
from deepseek_space.chat.context.attached import Attached, too_many
from deepseek_space.chat.context.context_use import TokenCounts
from deepseek_space.sentences import Sentence
from deepseek_space.text.documents.document import Limits, Reading, clean_name
from deepseek_space.text.documents.process import Upload, read_files
from deepseek_space.ui.html.file_chips import composer_chips
from deepseek_space.ui.parts.page_events import Lane
from deepseek_space.ui.parts.wiring import Updates
from deepseek_space.ui.words.language import say

READING = Lane(name="reading", at_once=2)  # each a process that may be busy for a minute
MOST_NOTES = 5
SLASH = "\u2215"  # stands in the names of a folder's files, in assets/page/attachments.js: Gradio cuts them at a slash


@dataclass(frozen=True, kw_only=True)
class Attachments:
    """The components: a button to choose files, and the chips of those that are read."""

    backend: Backend
    counts: TokenCounts
    limits: Limits
    attached: gr.State
    button: gr.UploadButton
    chips: gr.HTML
    kept: gr.HTML | None = None

    @property
    def outputs(self) -> list[Component]:
        """What ``view`` updates."""
        return [self.chips, *([self.kept] if self.kept else [])]

    def view(self, attached: Attached, reading: Sequence[str] = ()) -> Updates:
        """Return the updates that show what is attached, and have the browser keep it."""
        files = list(attached.files.values())
        kept = {"files": [asdict(file) for file in files], "at_s": time.time()}
        keeping = {self.kept: kept} if self.kept and not reading else {}
        return {self.chips: composer_chips(files, [say(note) for note in attached.notes], reading), **keeping}

    def read(self, attached: Attached, paths: Sequence[str]) -> Iterator[Updates]:
        """Read what was uploaded; what cannot be read is said with its name."""
        attached.begin()
        uploads = [Upload(path=path, name=PurePath(path).name.replace(SLASH, "/")) for path in paths]
        uploads, rest = uploads[: self.limits.files], uploads[self.limits.files :]
        yield self.view(attached, reading=[clean_name(upload.name) for upload in uploads])
        readings = read_files(uploads, self.limits)
        count = self.counts.by(self.backend.status())
        documents = [document for reading in readings for document in reading.documents]
        attached.tell([*_notes(readings), *([too_many(self.limits)] if rest else [])])
        attached.add([(document, count(document.text)) for document in documents], self.limits)
        yield self.view(attached)

    def hold_back(self, attached: Attached, names: Sequence[str], *, is_alone: bool) -> Updates:
        """Say that files are too large to be attached; the page does not send them."""
        limit = self.limits.file_bytes >> 20
        attached.hold_back(
            [
                Sentence("{name} is larger than {limit:,} MiB, the most that can be attached.", name=name, limit=limit)
                for name in map(clean_name, names[:MOST_NOTES])
            ],
            is_alone=is_alone,
        )
        return self.view(attached)


def build_file_button(*, visible: bool) -> gr.UploadButton:
    """Place the button."""
    return gr.UploadButton(
        "Attach files", file_count="multiple", elem_id="chat-attach", visible=visible, scale=0, min_width=40
    )


def _notes(readings: Sequence[Reading]) -> list[Sentence]:
    notes = [note for reading in readings for note in reading.notes]
    if len(notes) > MOST_NOTES:
        notes[MOST_NOTES - 1 :] = [Sentence("{count} more files could not be read.", count=len(notes) - MOST_NOTES + 1)]
    return notes
