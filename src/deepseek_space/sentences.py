"""A sentence for people with the values in it, in English until whoever shows it puts it into a reader's language.

What raises an error or notes a fact knows no reader and no language. It gives the sentence and its values; at the edge,
``ui.words.language.say`` looks the sentence up and fills the values in.
"""

from collections.abc import Mapping
from functools import reduce
from typing import Any

AFTER_EACH_OTHER = "{first} {then}"


class Sentence(str):
    """The English text, and what it was made of: ``template`` with names in braces, and the ``values`` for them.

    It is text like any other where no reader's language matters: in a log, in a program's answer. A value may be a
    sentence itself, or an error, whose sentence it is then; what is neither text nor a number is kept as its text. Cut
    or put into a string it is plain text; say what belongs together in one template, or several with ``joined``.
    """

    template: str
    values: Mapping[str, Any]

    def __new__(cls, template: str, /, **values: Any) -> "Sentence":
        """Return ``template`` with ``values`` filled in; without values it is taken as it is, braces and all."""
        text = template.format(**values) if values else template
        return cls.remade(text, template, {name: _plain(value) for name, value in values.items()})

    @classmethod
    def remade(cls, text: str, template: str, values: Mapping[str, Any]) -> "Sentence":
        """Return a sentence that was made elsewhere. Nothing is filled in, so ``template`` may be anybody's."""
        made = super().__new__(cls, text)
        made.template, made.values = str(template), values
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return Sentence.remade, (str(self), self.template, dict(self.values))


def joined(*sentences: str) -> Sentence:
    """Return ``sentences`` as one, each said by itself after the other; empty ones are left out."""
    said = [sentence for sentence in sentences if sentence]
    return reduce(_then, said[1:], _whole(said[0] if said else ""))


def _then(first: Sentence, then: str) -> Sentence:
    return Sentence(AFTER_EACH_OTHER, first=first, then=_whole(then))


def _whole(sentence: str) -> Sentence:
    return sentence if isinstance(sentence, Sentence) else Sentence(sentence)


def to_json(value: Any) -> Any:
    """Return a sentence as plain values, for another process; anything else as it is."""
    if not isinstance(value, Sentence):
        return value
    values = {name: to_json(inner) for name, inner in value.values.items()}
    return {"text": str(value), "template": value.template, "values": values}


def from_json(kept: Any) -> Any:
    """Return the sentence that ``to_json`` wrote, or the value that it let stand."""
    if not isinstance(kept, Mapping):
        return kept
    values = {name: from_json(inner) for name, inner in kept["values"].items()}
    return Sentence.remade(kept["text"], kept["template"], values)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseException):
        return getattr(value, "sentence", None) or str(value)
    return value if value is None or isinstance(value, str | int | float) else str(value)
