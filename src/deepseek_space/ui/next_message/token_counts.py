"""How many tokens texts are for the model that answers, each text counted once. Knows no page."""

from collections.abc import Callable
from hashlib import blake2b

from deepseek_space.backends.base import Backend
from deepseek_space.types import Status

MAX_KNOWN = 20_000  # a few megabytes: texts are known by their digests


class TokenCounts:
    """Counts like the backend; may be shared by threads."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._known: dict[tuple[str, bytes], int] = {}

    def by(self, status: Status) -> Callable[[str], int]:
        """Return what counts the tokens of a text for the model that ``status`` tells of."""
        model = f"{status.state} {status.model}"
        return lambda text: self._count(model, text) if text else 0

    def _count(self, model: str, text: str) -> int:
        key = model, blake2b(text.encode("utf-8", "replace"), digest_size=16).digest()
        tokens = self._known.get(key)
        if tokens is None:
            tokens = self._backend.count_tokens(text)
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self._known[key] = tokens
        return tokens
