"""The documents that a page's next message takes along, and what there is to say of them. Knows no Gradio."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from deepseek_space.chat import memory_quota
from deepseek_space.errors import BusyError
from deepseek_space.sentences import Sentence
from deepseek_space.text.attachment import Attachment
from deepseek_space.text.documents.document import Document, Limits


@dataclass(kw_only=True)
class Attached:
    """The documents of one page's next message by name, and what there is to say of the last ones; changed in place.

    Two uploads may be read at once, so each method is one step.
    """

    files: dict[str, Attachment] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    held_back: list[str] = field(default_factory=list)  # notes on files that the page does not send at all

    def __post_init__(self) -> None:
        self._lock = threading.Lock()  # no field: Gradio copies the fields of what a State holds

    def __deepcopy__(self, memo: dict[int, object]) -> "Attached":
        """Return one of its own for each reader."""
        return Attached(files=dict(self.files), notes=list(self.notes), held_back=list(self.held_back))

    def add(self, documents: Sequence[tuple[Document, int]], limits: Limits) -> None:
        """Take in documents with their tokens, as long as there is room; a name that is taken gets a number."""
        with self._lock:
            for document, tokens in documents:
                if any(file.text == document.text and file.name == document.name for file in self.files.values()):
                    continue
                if refusal := self._refusal(document, limits):
                    self.notes.append(refusal)
                    return
                name = self._free_name(document.name)
                file = Attachment(name=name, text=document.text, tokens=tokens)
                try:
                    memory_quota.texts.hold(file, len(file.text))
                except BusyError as busy:
                    self.notes.append(busy.sentence)
                    return
                self.files[name] = file

    def remove(self, name: str) -> None:
        """Take one off."""
        with self._lock:
            self.files.pop(name, None)
            self.notes = []

    def hold_back(self, notes: Sequence[str], *, is_alone: bool) -> None:
        """Say of files that they are not sent; it stays with what there is to say of others chosen with them."""
        with self._lock:
            self.held_back, self.notes = [] if is_alone else list(notes), list(notes)

    def begin(self) -> None:
        """Forget what was said of files before."""
        with self._lock:
            self.notes = []

    def tell(self, notes: Sequence[str]) -> None:
        """Say ``notes`` of files that were read, after what there is to say of those held back meanwhile or before."""
        with self._lock:
            held_back, self.held_back = self.held_back, []
            self.notes = [*held_back, *notes]

    def clear(self) -> None:
        """Take all off: they are sent."""
        with self._lock:
            self.files, self.notes = {}, []

    def _refusal(self, document: Document, limits: Limits) -> str:
        if len(self.files) >= limits.files:
            return too_many(limits)
        if sum(len(file.text) for file in self.files.values()) + len(document.text) > limits.characters:
            return Sentence(
                "The documents of one message have at most {limit} characters; the rest was left out.",
                limit=f"{limits.characters:,}",
            )
        return ""

    def _free_name(self, name: str) -> str:
        path, number = PurePath(name), 1
        while name in self.files:
            number += 1
            name = str(path.with_name(f"{path.stem} ({number}){path.suffix}"))
        return name


def too_many(limits: Limits) -> str:
    """Say that there are more documents than a message takes."""
    return Sentence("At most {limit} documents go with one message; the rest was left out.", limit=limits.files)
