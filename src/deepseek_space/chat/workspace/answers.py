"""What an answer does to a workspace: the files and edits in it, applied as proposals, and what did not go in.

A small model often writes a block without a name: it is the one file of its language that there is, or a new one of the
usual name.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from deepseek_space.chat.workspace.workspace import Workspace
from deepseek_space.errors import RequestError
from deepseek_space.text.edits.answer import Change, Edit, WholeFile, read_answer
from deepseek_space.text.edits.applying import Failure, apply_changes

# The usual name of a file by the word behind its fence; what is run in a terminal or printed is no file.
_USUAL = {
    "python": "main.py", "py": "main.py", "html": "index.html", "css": "style.css", "javascript": "script.js",
    "js": "script.js", "typescript": "main.ts", "ts": "main.ts", "java": "Main.java", "c": "main.c", "cpp": "main.cpp",
    "c++": "main.cpp", "csharp": "Program.cs", "go": "main.go", "rust": "main.rs", "ruby": "main.rb",
    "php": "index.php",    "sql": "query.sql",
    "svg": "image.svg", "mermaid": "diagram.mmd", "jsx": "App.jsx", "tsx": "App.tsx", "r": "main.r",
    "lua": "main.lua", "kotlin": "Main.kt", "swift": "main.swift", "dockerfile": "Dockerfile",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Taken:
    """The workspace with an answer's proposals, and what of the answer is not among them.

    ``paths`` are the files that it touches, in its order; ``refused`` those that cannot be, with the reason.
    """

    workspace: Workspace
    paths: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    refused: tuple[tuple[str, RequestError], ...] = ()


def take_answer(workspace: Workspace, answer: str, turn: str, *, is_whole: bool = True) -> Taken:
    """Return what the answer of ``turn`` makes of the workspace, as far as it is written."""
    changes = _with_names(read_answer(answer, is_whole=is_whole), workspace.texts)
    outcome = apply_changes(workspace.texts, changes)
    failures = outcome.failures if is_whole else tuple(one for one in outcome.failures if one.reason != "open")
    return Taken(
        workspace=workspace.propose(outcome.files, turn),
        paths=tuple(outcome.files),
        failures=failures,
        refused=tuple(workspace.refused(outcome.files)),
    )


def files_named(answer: str) -> int:
    """Return how many files an answer holds that it gives a name."""
    return len({change.path for change in read_answer(answer) if isinstance(change, WholeFile) and change.path})


def changed_texts(before: Workspace, after: Workspace) -> dict[str, str]:
    """Return the texts that files have with all that is proposed, of those for which that is another than before."""
    texts = after.texts | {one.path: one.text for one in after.proposals}
    return {path: text for path, text in texts.items() if before.texts.get(path) != text}


def block_of(answers: Iterable[str], code: str) -> tuple[Change, ...]:
    """Return what the block ``code`` is, named as in the first of the ``answers`` that has it: a file, or edits.

    Nothing where none of them gives it a name.
    """
    edits = {one.readings for one in read_answer(code) if isinstance(one, Edit)}
    for changes in map(read_answer, answers):
        found = [one for one in changes if isinstance(one, Edit) and one.path and one.readings in edits]
        whole = [one for one in changes if isinstance(one, WholeFile) and one.path and one.text.strip() == code.strip()]
        if whole or found:
            return tuple(whole[:1] or found)
    return ()


def take_block(workspace: Workspace, changes: Sequence[Change]) -> Taken:
    """Return what a block makes of the workspace."""
    outcome = apply_changes(workspace.texts, changes)
    return Taken(
        workspace=workspace.propose(outcome.files, ""),
        paths=tuple(path for path in outcome.files if not any(workspace.refused({path: outcome.files[path]}))),
        failures=outcome.failures,
    )


def usual_name(language: str, texts: Mapping[str, str]) -> str:
    """Return the file that a block without a name is meant for: "" where there is no telling."""
    usual = _USUAL.get(language.lower(), "")
    ending = usual.rpartition(".")[2]
    alike = [path for path in texts if usual and path.rpartition(".")[2] == ending]
    if usual in texts or not alike:
        return usual
    return alike[0] if len(alike) == 1 else ""


def _with_names(changes: Sequence[Change], texts: Mapping[str, str]) -> list[Change]:
    """Return the changes with a name for blocks that have none, where the answer names nothing at all."""
    if any(change.path for change in changes):
        return list(changes)
    named: dict[str, WholeFile] = {}
    for change in changes:
        if isinstance(change, WholeFile) and (path := usual_name(change.language, texts)) and path not in named:
            named[path] = replace(change, path=path)  # the first of a language: later ones show how it is used
    return list(named.values())
