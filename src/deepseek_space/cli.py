"""From the command line to a command. Errors are told here, once, in the terminal; nothing else is decided."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import import_module

from deepseek_space import environment
from deepseek_space.commands.call import Call
from deepseek_space.errors import ModelError, ModelNotFound, SpaceError, UsageError

PROGRAM = "deepseek-space"
IN_A_CLONE = (
    "Run `pip install -r requirements.txt`, or, where `make run` has set everything up, `.venv/bin/python app.py`."
)
INSTALLED = "Run `pip install --upgrade --force-reinstall deepseek-space`, which brings all that it needs."
COMMANDS = ("serve", "chat", "plan", "deploy", "doctor", "libraries")
"""What may be asked for first, each a file in ``commands`` and read only then; ``serve`` where nothing is."""


def main(argv: Sequence[str] | None = None, environ: Mapping[str, str] | None = None, *, program: str = PROGRAM) -> int:
    """Run the command that ``argv`` begins with; return the exit code. ``program`` is what was typed before it."""
    words = tuple(sys.argv[1:] if argv is None else argv)
    call = Call(words=words, environ=os.environ if environ is None else environ, program=program)
    try:
        environment.normalise(os.environ)
        return _run(call)
    except SpaceError as error:
        print(f"{call.name}: {error}", file=sys.stderr)
        if isinstance(error, ModelNotFound):
            print(f"The list: {program} plan", file=sys.stderr)
        return 2 if isinstance(error, UsageError | ModelError) else 1
    except ModuleNotFoundError as error:
        hint = IN_A_CLONE if call.name == "app.py" else INSTALLED
        print(f"{call.name}: {error.name} is not installed for this Python. {hint}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader, such as ``head``, has seen enough; nothing must be written while Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _run(call: Call) -> int:
    first = call.words[0] if call.words else ""
    if first in COMMANDS:
        name, call = first, replace(call, words=call.words[1:])
    elif first and not first.startswith("-"):
        raise UsageError(f"There is no command {first!r}; choose from {', '.join(COMMANDS)}.")
    else:
        name = "serve"
    return import_module(f"deepseek_space.commands.{name}").run(call)
