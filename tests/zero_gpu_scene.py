"""One visit after the other to a model on ZeroGPU, in a process of its own, and then the page: with the app's flags.

Prints one line of JSON for each scene, with what the reader got. The page opens when all have been played.
"""

import stand_in_card  # noqa: F401, I001 - before anything that uses torch

import json
import os
import signal
import sys
import urllib.request
from dataclasses import replace
from multiprocessing import active_children

from spaces.zero.decorator import decorated_cache

from deepseek_space.backends.local import zero_gpu
from deepseek_space.commands import composition
from deepseek_space.commands.composition import make_backend
from deepseek_space.commands.serve import serve
from deepseek_space.errors import SpaceError
from deepseek_space.settings import read_settings
from deepseek_space.events import Answer, Done
from deepseek_space.types import Message, Request, Sampling

REQUEST = Request(
    messages=(Message(role="user", content="hello"),), sampling=Sampling(temperature=0, max_new_tokens=12)
)


def show(scene, **values):
    print(json.dumps({"scene": scene, **values}), flush=True)


def outcome(stream):
    text, reason = "", ""
    try:
        for event in stream:
            text += event.text if isinstance(event, Answer) else ""
            reason = event.usage.finish_reason if isinstance(event, Done) else reason
    except SpaceError as error:
        return {"text": text, "error": type(error).__name__, "words": str(error)}
    return {"text": text, "reason": reason}


def refuse(how):
    address = f"{os.environ['SPACES_ZERO_DEVICE_API_URL']}/refuse?how={how}"
    urllib.request.urlopen(urllib.request.Request(address, method="POST")).close()


def main(words):
    for flags in (["--model", "fake"], ["--remote", "http://127.0.0.1:9/v1"]):
        decorated_cache.clear()
        make_backend(read_settings(flags, os.environ))
        show(flags[0], functions=len(decorated_cache) // 2)  # each is kept twice: as it was and as it is called
    settings = read_settings(words, os.environ)
    backend = make_backend(settings)
    status = backend.status()
    show("load", state=status.state, device=status.device, error=status.error, notes=status.warnings)
    show("reply", **outcome(backend.stream(REQUEST)))
    show("again", **outcome(backend.stream(REQUEST)))
    stream = backend.stream(replace(REQUEST, sampling=Sampling(temperature=0, max_new_tokens=300)))
    first = next(event for event in stream if isinstance(event, Answer))
    stream.close()
    show("closed", first=first.text, **outcome(backend.stream(REQUEST)))
    show("too long", **outcome(backend.stream(replace(REQUEST, messages=(Message(role="user", content="a " * 900),)))))
    for how in ("quota", "queue", "none"):
        refuse(how)
        show(how, **outcome(backend.stream(REQUEST)))
    hurried = zero_gpu.ZeroGPUBackend(backend._inner, longest_s=1)
    show("out of time", **outcome(hurried.stream(REQUEST)))
    stream = backend.stream(replace(REQUEST, sampling=Sampling(temperature=0, max_new_tokens=300)))
    next(event for event in stream if isinstance(event, Answer) and event.text)
    for worker in active_children():
        os.kill(worker.pid, signal.SIGKILL)
    show("aborted", **outcome(stream))
    composition.make_backend = lambda _: backend
    serve(settings)


main(sys.argv[1:])
