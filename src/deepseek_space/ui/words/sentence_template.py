"""Sentences made from templates, and the values in them, found again in one pass over the text.

A regular expression with a few values would try each place for each of them: seconds for a text of some hundred signs.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from string import Formatter

BREAK = re.compile(r"(?<=[.?]) (?=\w)")  # between two sentences


@dataclass(frozen=True)
class SentenceTemplate:
    """A sentence with names in braces where values stand."""

    text: str

    @property
    def fixed_length(self) -> int:
        """How many characters stand around the values."""
        return len("".join(self._fixed))

    def values(self, sentence: str) -> dict[str, str] | None:
        """Return the values with which this gives ``sentence``, each as short as can be; None if there are none.

        A value is not empty, and does not reach from one sentence into the next.
        """
        first, *others = self._fixed
        if not others:
            return {} if sentence == first else None
        if not sentence.startswith(first) or not sentence.endswith(self._fixed[-1]):
            return None
        found: dict[str, str] = {}
        begin = len(first)
        for number, (name, after) in enumerate(zip(self._names, others, strict=True), 1):
            is_last = number == len(others)
            # The first place is as good as any later one: what follows can still be found behind it.
            end = len(sentence) - len(after) if is_last else sentence.find(after, begin + 1)
            if end <= begin or BREAK.search(sentence[:end], begin):
                return None
            found[name] = sentence[begin:end]
            begin = end + len(after)
        return found

    @cached_property
    def _names(self) -> list[str]:
        return [name for _, name, _, _ in Formatter().parse(self.text) if name is not None]

    @cached_property
    def _fixed(self) -> list[str]:
        """What stands before the first value, between two and after the last, empty or not."""
        fixed = [""]
        for text, name, _, _ in Formatter().parse(self.text):
            fixed[-1] += text
            fixed += [""] if name is not None else []
        return fixed
