"""What needs torch for a moment, done in a process that ends with it: ``python -m deepseek_space.models.fit.aside``.

A process that has torch already does it itself. Knows nothing of what is done; arguments and results are plain values.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from deepseek_space.errors import Cancelled, LoadFailed, SpaceError, error_from_json, error_to_json, first_line

_SOURCE = Path(__file__).parents[3]
_POLL_S = 0.1


def done_aside(module: str, function: str, *arguments: Any, cancelled: Callable[[], bool] = lambda: False) -> Any:
    """Return what ``function`` of ``module`` returns.

    Raises the SpaceError that it raises, LoadFailed where the process ends otherwise, Cancelled.
    """
    if "torch" in sys.modules:
        return getattr(import_module(module), function)(*arguments)
    path = os.pathsep.join(filter(None, (str(_SOURCE), os.environ.get("PYTHONPATH"))))
    process = subprocess.Popen(
        (sys.executable, "-m", __name__),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": path},
        text=True,
    )
    try:
        _tell(process, module, function, arguments)
        said = _answer(process, cancelled)
    finally:
        process.kill()
        process.wait()
    match said:
        case {"result": result}:
            return result
        case {"failed": failed}:
            raise error_from_json(failed)
    raise LoadFailed("torch could not be used: its process ended with code {code}.", code=process.returncode)


def _tell(process: "subprocess.Popen[str]", *order: Any) -> None:
    assert process.stdin
    try:
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
    except BrokenPipeError:  # it has ended, and its code says how
        pass


def _answer(process: "subprocess.Popen[str]", cancelled: Callable[[], bool]) -> Any:
    lines: list[str] = []
    listener = threading.Thread(target=lambda: lines.extend(process.stdout or ()), daemon=True)
    listener.start()
    while listener.is_alive():
        listener.join(_POLL_S)
        if cancelled():
            raise Cancelled("It was stopped.")
    process.wait()
    return json.loads(lines[-1]) if lines else None


def main() -> None:
    """Do what the first line of stdin names; end at once where stdin does, which it does with the app."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    module, function, arguments = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_the_app, daemon=True).start()
    try:
        said = {"result": getattr(import_module(module), function)(*arguments)}
    except SpaceError as error:
        said = {"failed": error_to_json(error)}
    except Exception as error:
        said = {"failed": error_to_json(LoadFailed("{error}", error=first_line(error)))}
    out.write(json.dumps(said) + "\n")
    out.flush()
    os._exit(0)


def _end_with_the_app() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    main()
