"""Can a model mend a small repository? Ten of them, each with a test that fails: what is applied, and what passes then.

The repositories are in benchmarks/repositories. A model that keeps to SEARCH/REPLACE blocks is asked for those, any
other for whole files; answers are read and applied as the app does it. Tests run confined, and as they were.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import asked
import confined
import measure

from deepseek_space.chat.workspace.answers import changed_texts, take_answer
from deepseek_space.chat.workspace.workspace import Workspace
from deepseek_space.text.edits.answer import read_answer
from deepseek_space.text.edits.instructions import Style, files_text, instructions
from deepseek_space.types import Message, Request, Sampling

FOLDER = Path(__file__).parent / "repositories"
REQUEST, TEST = "request.md", "test_it.py"
STYLES = ("edits", "files")
QUICK = 2


@dataclass(frozen=True, kw_only=True)
class Repository:
    """Files by path, a test among them, and what somebody wants of them."""

    name: str
    request: str
    files: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of an answer: changes that it holds, those that could be applied, and whether the test passes."""

    changes: int
    applied: int
    passed: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} repositories: shows that it runs, not how well")
    parser.add_argument("--style", choices=STYLES, help="in place of what suits the model")
    asked.add_flags(parser, tokens=1024)
    parser.add_argument("--at-once", type=int, default=8, help="questions that are asked at the same time")
    options = parser.parse_args()
    confined.require()  # before a model is loaded
    repositories = read()[: QUICK if options.quick else None]
    with asked.model(options) as (backend, status):
        style: Style = options.style or ("edits" if status.writes_edits else "files")
        sampling = asked.greedy(status, options.tokens)
        begun = time.monotonic()
        requests = [request_for(repository, style, sampling) for repository in repositories]
        replies = asked.replies(backend, requests, at_once=options.at_once)
        took_s = time.monotonic() - begun
    results = [result(repository, reply.text) for repository, reply in zip(repositories, replies, strict=True)]
    measure.table(
        ["repository", "changes", "applied", "passes"],
        [
            (repository.name, found.changes, found.applied, "yes" if found.passed else "no")
            for repository, found in zip(repositories, results, strict=True)
        ],
    )
    changes = sum(found.changes for found in results)
    measure.finish(
        benchmark="edits",
        model=status.model,
        precision=status.precision,
        style=style,
        repositories=len(repositories),
        pass_at_1=sum(found.passed for found in results) / len(results),
        changes=changes,
        applied=sum(found.applied for found in results) / changes if changes else None,
        **asked.figures(replies),
        took_s=took_s,
    )


def read(folder: Path = FOLDER) -> list[Repository]:
    """Return the repositories in ``folder``, by their names."""
    return [_repository(place) for place in sorted(folder.iterdir()) if (place / REQUEST).exists()]


def _repository(folder: Path) -> Repository:
    texts = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    return Repository(name=folder.name, request=texts.pop(REQUEST).strip(), files=texts)


def request_for(repository: Repository, style: Style, sampling: Sampling) -> Request:
    """Return what the model is asked, with all files but the test: it is to mend them, not the test."""
    files = {path: text for path, text in repository.files.items() if path != TEST}
    system, question = instructions(style), repository.request + files_text(files)
    return Request(
        messages=(Message(role="system", content=system), Message(role="user", content=question)), sampling=sampling
    )


def result(repository: Repository, answer: str) -> Result:
    """Return what becomes of an ``answer``, whose changes to the test do not count."""
    # Of what it was shown: beside the test, a block without a name would be meant for one of two files.
    shown = {path: text for path, text in repository.files.items() if path != TEST}
    before = Workspace().put_all(shown, "import")
    taken = take_answer(before, answer, "answer")
    failed = len(taken.failures) + len(taken.refused)
    changes = max(len(read_answer(answer)), failed)
    files = repository.files | changed_texts(before, taken.workspace) | {TEST: repository.files[TEST]}
    applied = changes - failed if taken.paths else 0
    return Result(changes=changes, applied=applied, passed=applied > 0 and passes(files))


def passes(files: dict[str, str]) -> bool:
    """Run the test among ``files``, confined; it has to have run to its end."""
    ended = confined.run(files, [confined.PYTHON, "-m", "unittest", "-v", TEST.removesuffix(".py")])
    return ended.code == 0 and ended.output.rstrip().endswith("OK")


if __name__ == "__main__":
    main()
