"""Where vLLM is installed on this machine: beside this Python, or on the PATH."""

import shutil
import sys
from pathlib import Path

from deepseek_space.errors import Unsupported

PROGRAM = "vllm"


def find() -> str:
    """Return the path of vLLM's program; empty where there is none."""
    beside = Path(sys.executable).with_name(PROGRAM)
    return str(beside) if beside.is_file() else shutil.which(PROGRAM) or ""


def needed() -> str:
    """Return the path of vLLM's program. Raises Unsupported where there is none."""
    program = find()
    if not program:
        raise Unsupported(
            "--engine vllm needs vLLM, whose program {program} is neither beside this Python nor on the PATH. Install "
            "it with: pip install vllm",
            program=PROGRAM,
        )
    return program
