"""The process that renders one chat template: a conversation comes in as a line of JSON, a line goes out for it.

See ``process.py``.
"""

import json
import signal
import sys
from typing import Any

from jinja2 import Template

from deepseek_space.text.chat_template.environment import Refusal, compiled
from deepseek_space.text.process_memory import bound_memory


def _main() -> None:
    start = json.loads(sys.stdin.readline())
    bound_memory(start["memory_bytes"])
    template: Template | None = None
    for line in sys.stdin:
        _bound_time(start["cpu_s"])
        try:
            template = template or compiled(start["source"])
            answer = {"text": _rendered(template, {**start["variables"], **json.loads(line)}, start["characters"])}
        except Refusal as error:
            answer = {"refusal": str(error)}
        except (MemoryError, OverflowError, RecursionError):
            answer = {"endless": True}
        except Exception as error:  # a program of somebody else's may fail in any way
            answer = {"fault": type(error).__name__}
        _bound_time(0)
        print(json.dumps(answer), flush=True)


def _rendered(template: Template, variables: dict[str, Any], characters: int) -> str:
    parts, length = [], 0
    for part in template.generate(variables):
        parts.append(part)
        length += len(part)
        if length > characters:
            raise OverflowError
    return "".join(parts)


def _bound_time(cpu_s: float) -> None:
    """End this process once it has computed for ``cpu_s``; 0 takes that back. A busy machine is slow, not endless."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, cpu_s)  # nobody handles its signal, which then ends the process


if __name__ == "__main__":
    _main()
