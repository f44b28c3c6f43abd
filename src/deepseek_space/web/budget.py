"""How much comes of late, from each address and from all: buckets that drain as time goes by. Knows no request."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

MOST_ADDRESSES = 10_000


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """The most that is taken at a stretch, of one address and of all; ``window_s`` later as much again."""

    of_one: float
    of_all: float
    window_s: float


@dataclass(kw_only=True)
class _Bucket:
    most: float
    drain_per_s: float
    level: float = 0.0
    at_s: float = 0.0

    def drain(self, now_s: float) -> None:
        self.level = max(0.0, self.level - self.drain_per_s * (now_s - self.at_s))
        self.at_s = now_s

    def wait_s(self, amount: float) -> float:
        """Return how long it takes until there is room; 0 where there is."""
        return max(0.0, self.level + amount - self.most) / self.drain_per_s


class Budget:
    """Each method is one step for threads. Of very many addresses, the one not heard of for longest is forgotten."""

    def __init__(self, allowance: Allowance, clock: Callable[[], float]) -> None:
        self._allowance = allowance
        self._clock = clock
        self._lock = threading.Lock()
        self._all = self._bucket(allowance.of_all)
        self._each: dict[str, _Bucket] = {}  # the one heard of last comes last

    def spend(self, address: str, amount: float) -> float:
        """Count ``amount`` and return 0; or, where there is no room, count nothing and return the seconds to wait."""
        with self._lock:
            buckets = self._drained(address)
            wait_s = max(bucket.wait_s(amount) for bucket in buckets)
            if not wait_s:
                for bucket in buckets:
                    bucket.level += amount
            return wait_s

    def is_spent(self, address: str, amount: float) -> bool:
        """Return whether it is the address itself that has no room for ``amount``."""
        with self._lock:
            return self._drained(address)[0].wait_s(amount) > 0

    def give_back(self, address: str, amount: float) -> None:
        """Count ``amount`` as never taken."""
        with self._lock:
            for bucket in self._drained(address):
                bucket.level = max(0.0, bucket.level - amount)

    def _drained(self, address: str) -> tuple[_Bucket, _Bucket]:
        mine = self._each.pop(address, None) or self._bucket(self._allowance.of_one)
        self._each[address] = mine
        if len(self._each) > MOST_ADDRESSES:
            del self._each[next(iter(self._each))]
        for bucket in (mine, self._all):
            bucket.drain(self._clock())
        return mine, self._all

    def _bucket(self, most: float) -> _Bucket:
        return _Bucket(most=most, drain_per_s=most / self._allowance.window_s, at_s=self._clock())


class Room:
    """What is held at this moment, of one address and of all. Each method is one step for threads."""

    def __init__(self, *, of_one: int, of_all: int) -> None:
        self._of_one, self._left = of_one, of_all
        self._lock = threading.Lock()
        self._each: dict[str, int] = {}

    def hold(self, address: str, amount: int) -> bool:
        """Hold ``amount`` more, if there is room for it."""
        with self._lock:
            held = self._each.get(address, 0) + amount
            if held > self._of_one or amount > self._left:
                return False
            self._each[address] = held
            self._left -= amount
            return True

    def free(self, address: str, amount: int) -> None:
        """Hold so much less."""
        with self._lock:
            self._left += amount
            held = self._each.pop(address, 0) - amount
            if held > 0:
                self._each[address] = held
