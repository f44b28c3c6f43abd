"""How much one engine takes on. Knows nothing about how it keeps to that."""

from dataclasses import dataclass

PREFIX_SHARE = 0.5


@dataclass(frozen=True, kw_only=True)
class EngineLimits:
    """Bounds on rows, their queue and their memory, and whether a row that runs alone ``drafts`` its next tokens.

    ``kv_bytes`` bounds the caches of running rows and kept prefixes together, of which the prefixes may have
    ``PREFIX_SHARE``; ``kv_bytes_per_token`` 0 is measured at
    the first step; ``chunk_tokens`` of prompts are read in one step.
    """

    context_tokens: int
    kv_bytes: int
    kv_bytes_per_token: int = 0
    max_rows: int = 32
    max_queue: int = 64
    chunk_tokens: int = 256
    drafts: bool = True

    @property
    def prefix_bytes(self) -> int:
        """The most that kept prefixes may take."""
        return int(self.kv_bytes * PREFIX_SHARE)
