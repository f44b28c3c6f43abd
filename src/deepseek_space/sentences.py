"""A sentence for people with the values in it, in English until whoever shows it puts it into a reader's language.

What raises an error or notes a fact knows no reader and no language. It gives the sentence and its values; at the edge,
``ui.words.language.say`` looks the sentence up and fills the values in.
"""

from collections.abc import Mapping
from typing import Any


class Sentence(str):
    """The English text, and what it was made of: ``template`` with names in braces, and the ``values`` for them.

    It is text like any other where no reader's language matters: in a log, in a program's answer. A value may be a
    sentence itself. Cut or joined it is plain text; say what belongs together in one template.
    """

    template: str
    values: Mapping[str, Any]

    def __new__(cls, template: str, **values: Any) -> "Sentence":
        """Return ``template`` with ``values`` filled in; without values it is taken as it is, braces and all."""
        made = super().__new__(cls, template.format(**values) if values else template)
        made.template, made.values = template, values
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return _remade, (self.template, dict(self.values))


def _remade(template: str, values: dict[str, Any]) -> Sentence:
    return Sentence(template, **values)
