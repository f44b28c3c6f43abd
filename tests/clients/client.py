"""What a client is: what it is made to do, in an environment with which packages, asking which service."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Program = Callable[..., str]  # starts something of the client's environment in its folder, returns what it printed


@dataclass(frozen=True, kw_only=True)
class Service:
    """What is asked: the address with /v1, a key, the model's name, and the folder that it was loaded from."""

    url: str
    key: str
    model: str
    folder: Path


@dataclass(frozen=True, kw_only=True)
class Client:
    """``act`` returns a sentence of what was seen; the first of ``packages`` is the client's own."""

    act: Callable[[Program, Path, Service], str]
    packages: tuple[str, ...]
    asks: Literal["script", "tiny", "page"] = "script"
    from_npm: bool = False
