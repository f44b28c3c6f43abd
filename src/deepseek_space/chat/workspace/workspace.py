"""The files of one chat as a value: their texts and versions, and what an answer proposes to make of them.

Each change makes a new value. A text that the reader types takes the place of the one before, as long as nobody else
has written in between; all else is a version to go back to. What was proposed is merged into what has
been typed meanwhile.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from deepseek_space.chat.workspace.paths import check_twin, checked_path
from deepseek_space.errors import RequestError
from deepseek_space.text.edits.hunks import hunks, with_hunks
from deepseek_space.text.edits.merge import Merged, merge

MOST_FILES = 200
MOST_FILE_CHARACTERS = 1_000_000
MOST_CHARACTERS = 4_000_000
MOST_VERSIONS = 20

Source = Literal["reader", "answer", "import"]


@dataclass(frozen=True, kw_only=True)
class Version:
    """A text that a file had, and who wrote it: ``turn`` is the answer's, where it was one."""

    text: str
    source: Source = "reader"
    turn: str = ""


@dataclass(frozen=True, kw_only=True)
class WorkFile:
    """A file; the last of ``versions`` is its text now."""

    path: str
    versions: tuple[Version, ...]

    @property
    def text(self) -> str:
        """The text as it is now."""
        return self.versions[-1].text

    @property
    def characters(self) -> int:
        """How long all versions are together."""
        return sum(len(version.text) for version in self.versions)

    def written(self, text: str, source: Source, turn: str = "") -> "WorkFile":
        """Return the file with another text."""
        if text == self.text:
            return self
        before = self.versions
        if source == "reader" and before[-1].source == "reader" and len(before) > 1:
            before = before[:-1]
        version = Version(text=text, source=source, turn=turn)
        return replace(self, versions=(*before, version)[-MOST_VERSIONS:])


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What the answer of ``turn`` makes of a file: ``text`` in place of ``base``, which was its text at the time."""

    path: str
    base: str
    text: str
    turn: str = ""


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """Files in the order in which they came, and proposals, at most one for a file."""

    files: tuple[WorkFile, ...] = ()
    proposals: tuple[Proposal, ...] = ()

    @property
    def texts(self) -> dict[str, str]:
        """The texts as they are now, by path."""
        return {file.path: file.text for file in self.files}

    @property
    def characters(self) -> int:
        """How long everything is that it holds."""
        proposed = sum(len(one.base) + len(one.text) for one in self.proposals)
        return proposed + sum(file.characters for file in self.files)

    def file(self, path: str) -> WorkFile | None:
        """Return a file by its path."""
        return next((file for file in self.files if file.path == path), None)

    def proposal(self, path: str) -> Proposal | None:
        """Return what is proposed for a file."""
        return next((one for one in self.proposals if one.path == path), None)

    def put(self, path: str, text: str, source: Source = "reader", turn: str = "") -> "Workspace":
        """Return it with a file's text written; raises RequestError for a name or a size that cannot be."""
        path = checked_path(path)
        old = self.file(path)
        if old is None:
            check_twin(path, self.texts)
            new = WorkFile(path=path, versions=(Version(text=text, source=source, turn=turn),))
            return self.with_files((*self.files, new))
        return self.with_files(tuple(file.written(text, source, turn) if file is old else file for file in self.files))

    def put_all(self, texts: Mapping[str, str], source: Source) -> "Workspace":
        """Return it with several texts written, all or none."""
        now = self
        for path, text in texts.items():
            now = now.put(path, text, source)
        return now

    def rename(self, path: str, name: str) -> "Workspace":
        """Return it with a file under another name, its versions with it."""
        name = checked_path(name)
        others = [file.path for file in self.files if file.path != path]
        if name in others:
            raise RequestError("There is a file {path} already.", path=name)
        check_twin(name, others)
        files = tuple(replace(file, path=name) if file.path == path else file for file in self.files)
        proposals = tuple(replace(one, path=name) if one.path == path else one for one in self.proposals)
        return replace(self, files=files, proposals=proposals)

    def delete(self, path: str) -> "Workspace":
        """Return it without a file, its versions and what is proposed for it."""
        files = tuple(file for file in self.files if file.path != path)
        return replace(self, files=files, proposals=self._others(path))

    def back_to(self, path: str, number: int) -> "Workspace":
        """Return it with a file as it was in its version ``number``, from 0, which becomes its newest."""
        file = self.file(path)
        if file is None or not 0 <= number < len(file.versions):
            return self
        version = file.versions[number]
        if version.text == file.text:
            return self
        versions = (*file.versions, replace(version))[-MOST_VERSIONS:]
        return replace(self, files=tuple(replace(one, versions=versions) if one is file else one for one in self.files))

    def propose(self, texts: Mapping[str, str], turn: str) -> "Workspace":
        """Return it with what an answer makes of its files: a new file is there at once, others wait for the reader.

        What cannot be a file here is left out; ``refused`` tells of it.
        """
        now = self
        for path, text in texts.items():
            if any(True for _ in now.refused({path: text})):
                continue
            old = now.file(checked_path(path))
            if old is None or not old.text:
                now = now.put(path, text, "answer", turn)
            elif text != old.text:
                one = Proposal(path=old.path, base=old.text, text=text, turn=turn)
                now = replace(now, proposals=(*now._others(old.path), one))
        return now

    def refused(self, texts: Mapping[str, str]) -> Iterator[tuple[str, RequestError]]:
        """Yield the paths that cannot be written, with the reason."""
        for path, text in texts.items():
            try:
                self.put(path, text, "answer")
            except RequestError as error:
                yield path, error

    def merged(self, path: str, taken: Collection[int] | None = None) -> Merged | None:
        """Return what a file becomes with the hunks ``taken`` of what is proposed, all of them for None.

        It is merged with what was typed since; None where nothing is proposed.
        """
        one = self.proposal(path)
        if one is None:
            return None
        file = self.file(path)
        theirs = one.text if taken is None else with_hunks(one.base, one.text, taken)
        return merge(one.base, file.text if file else "", theirs)

    def accept(self, path: str, taken: Collection[int] | None = None, *, theirs_win: bool = False) -> "Workspace":
        """Return it with the hunks ``taken`` of what is proposed for a file; the others are dropped.

        Where the reader has typed in the same lines it stays as it is, unless ``theirs_win``.
        """
        one, merged = self.proposal(path), self.merged(path, taken)
        if one is None or merged is None:
            return self
        if merged.conflicts and not theirs_win:
            return self
        text = one.text if merged.conflicts else merged.text
        now = self.put(path, text, "answer", one.turn)
        return replace(now, proposals=now._others(path))

    def accept_one(self, path: str, number: int) -> "Workspace":
        """Return it with one hunk taken; the rest is still proposed, for the file as it is then."""
        return self._settle(path, number, is_taken=True)

    def reject_one(self, path: str, number: int) -> "Workspace":
        """Return it with one hunk dropped; the rest is still proposed."""
        return self._settle(path, number, is_taken=False)

    def reject(self, path: str) -> "Workspace":
        """Return it without what is proposed for a file."""
        return replace(self, proposals=self._others(path))

    def _settle(self, path: str, number: int, *, is_taken: bool) -> "Workspace":
        one = self.rebased(path)
        file = self.file(path)
        if one is None or file is None or not 0 <= number < (count := len(hunks(one.base, one.text))):
            return self
        alone = with_hunks(one.base, one.text, {number})
        others = with_hunks(one.base, one.text, set(range(count)) - {number})
        now = replace(self, proposals=self._others(path))
        left = replace(one, base=alone, text=one.text) if is_taken else replace(one, text=others)
        if is_taken:
            now = now.put(path, alone, "answer", one.turn)
        return now if left.base == left.text else replace(now, proposals=(*now.proposals, left))

    def rebased(self, path: str) -> Proposal | None:
        """Return what is proposed for a file as it is now; the proposal as it was where both changed the same lines."""
        one, merged, file = self.proposal(path), self.merged(path), self.file(path)
        if one is None or merged is None or file is None or merged.conflicts:
            return one
        return replace(one, base=file.text, text=merged.text)

    def _others(self, path: str) -> tuple[Proposal, ...]:
        return tuple(one for one in self.proposals if one.path != path)

    def with_files(self, files: tuple[WorkFile, ...]) -> "Workspace":
        """Return it with ``files``; old versions make room where there is too much."""
        if len(files) > MOST_FILES:
            raise RequestError("A workspace holds {limit} files at most.", limit=MOST_FILES)
        for file in files:
            if len(file.text) > MOST_FILE_CHARACTERS:
                raise RequestError(
                    "{path} is {length:,} characters long; a file in a workspace has {limit:,} at most.",
                    path=file.path,
                    length=len(file.text),
                    limit=MOST_FILE_CHARACTERS,
                )
        if sum(len(file.text) for file in files) > MOST_CHARACTERS:
            raise RequestError("A workspace holds {limit:,} characters at most.", limit=MOST_CHARACTERS)
        total = sum(file.characters for file in files)
        if total > MOST_CHARACTERS:
            files = tuple(replace(file, versions=file.versions[-1:]) for file in files)
        return replace(self, files=files)


def restored(workspace: Workspace) -> Workspace:
    """Return a workspace that comes from somebody's browser; raises RequestError for one that cannot be."""
    texts: list[str] = []
    for file in workspace.files:
        if checked_path(file.path) != file.path or not file.versions:
            raise RequestError(
                "{path!r} is no name for a file here. Choose letters, digits, - and _.", path=file.path[:100]
            )
        check_twin(file.path, texts)
        texts.append(file.path)
    if len(set(texts)) < len(texts):
        raise RequestError("There is a file {path} already.", path=texts[-1])
    kept = tuple(one for one in workspace.proposals if one.path in texts)
    return Workspace(proposals=kept).with_files(workspace.files)
