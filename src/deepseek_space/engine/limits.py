"""How much one engine takes on. Knows nothing about how it keeps to that."""

import sys
from dataclasses import dataclass

from deepseek_space.errors import PromptTooLong

PREFIX_SHARE = 0.5


@dataclass(frozen=True, kw_only=True)
class EngineLimits:
    """Bounds on rows, their queue and their memory, and whether a row that runs alone ``drafts`` its next tokens.

    ``kv_bytes`` bounds the caches of running rows and kept prefixes together, of which the prefixes may have
    ``PREFIX_SHARE``, and ``kept_bytes`` at most; ``kv_bytes_per_token`` 0 is measured at
    the first step; ``chunk_tokens`` of prompts are read in one step.
    """

    context_tokens: int
    kv_bytes: int
    kept_bytes: int = sys.maxsize
    kv_bytes_per_token: int = 0
    max_rows: int = 32
    max_queue: int = 64
    chunk_tokens: int = 256
    drafts: bool = True

    @property
    def prefix_bytes(self) -> int:
        """The most that kept prefixes may take."""
        return min(int(self.kv_bytes * PREFIX_SHARE), self.kept_bytes)

    def room_after(self, prompt_tokens: int) -> int:
        """Return how many tokens a reply may have. Raises PromptTooLong if there is room for none."""
        room = self.context_tokens - prompt_tokens
        if room < 1:
            raise PromptTooLong(prompt_tokens=prompt_tokens, context_tokens=self.context_tokens)
        return room
