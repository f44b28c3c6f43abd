"""Who is let in over the routes for programs, how often, how many at once, and what each key has used.

Limits hold for each key and for each address, if it tells one asker from another. Knows no format and no backend.
"""

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from fastapi import Request

from deepseek_space.api.access.scope import address_that_tells, given_key
from deepseek_space.errors import TooMany
from deepseek_space.events import Usage
from deepseek_space.keys import Keys
from deepseek_space.web.budget import Allowance, Budget, Room

ASKS_FOR_KEY = "Give a key of --api-key, or USER:PASSWORD of --auth, as the API key."
NO_KEYS = Keys()
_UNLIMITED = 1 << 30


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How many replies one key, or one address, may ask for a minute and have on their way; 0 is no limit."""

    per_minute: int = 0
    at_once: int = 0


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One request that was let in; ``key`` is the name of its key, empty where none is asked for."""

    key: str = ""
    count: Callable[[Usage], None] = field(default=lambda usage: None)


class Door:
    """Lets in who brings one of ``keys``, within ``limits``. May be asked by many threads."""

    def __init__(
        self, keys: Keys = NO_KEYS, limits: Limits = Limits(), *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.keys = keys
        self._limits = limits
        rate = limits.per_minute or _UNLIMITED
        self._asked = Budget(Allowance(of_one=rate, of_all=math.inf, window_s=60), clock)
        self._open = Room(of_one=limits.at_once or _UNLIMITED, of_all=_UNLIMITED)
        self._lock = threading.Lock()
        self._used: dict[str, Counter[str]] = {key.name: Counter() for key in keys.found}

    def is_open_to(self, request: Request) -> bool:
        """Tell whether a request brings a key, or needs none."""
        return not self.keys or self._holder(request) is not None

    def used(self) -> Mapping[str, Mapping[str, int]]:
        """Return what each key has used: requests, prompt_tokens and generated_tokens of replies that ended."""
        with self._lock:
            return {name: dict(counts) for name, counts in self._used.items()}

    def visit(self, request: Request) -> AbstractContextManager[Visit]:
        """Hold the place of a request for one reply. Raises TooMany."""
        key = self._holder(request) or ""
        whose = [f"key {key}"] if key else []
        address = address_that_tells(request)
        return self._visit(key, [*whose, *([f"address {address}"] if address else [])])

    @contextmanager
    def _visit(self, key: str, whose: Sequence[str]) -> Generator[Visit]:
        held: list[str] = []
        try:
            for one in whose:
                if not self._open.hold(one, 1):
                    most = self._limits.at_once
                    raise TooMany(f"Only {most} replies at once for one {one.split()[0]}. Wait for one.", wait_s=2)
                held.append(one)
                if wait_s := self._asked.spend(one, 1):
                    most = self._limits.per_minute
                    raise TooMany(f"Only {most} requests a minute for one {one.split()[0]}.", wait_s=wait_s)
            self._count(key, requests=1)
            yield Visit(key=key, count=lambda usage: self._count_usage(key, usage))
        finally:
            for one in held:
                self._open.free(one, 1)

    def _holder(self, request: Request) -> str | None:
        return self.keys.holder(given_key(request).encode("latin-1"))

    def _count_usage(self, key: str, usage: Usage) -> None:
        self._count(key, prompt_tokens=usage.prompt_tokens, generated_tokens=usage.generated_tokens)

    def _count(self, key: str, **amounts: int) -> None:
        if key:
            with self._lock:
                self._used.setdefault(key, Counter()).update(amounts)
