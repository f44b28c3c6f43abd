"""How a checkpoint's own chat template is to be asked: which of several, and with what kind of content.

Found out by a trial. Knows no tokenizer's vocabulary and no family.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from deepseek_space.errors import RequestError
from deepseek_space.sentences import Sentence
from deepseek_space.text.chat_template.process import TemplateLimits, TemplateProcess
from deepseek_space.types import Message

LOST = (
    "The model's chat template leaves out what is asked, so the model would answer something else. Load another model."
)
SEVERAL = "The model brings {count} chat templates and names none of them as the default; {name} is used."
_DEFAULT = "default"
_TRIAL = Message(role="user", content="Ping")


@dataclass(frozen=True, kw_only=True)
class _Way:
    """A template, whether it takes content in parts, and whether it was seen to leave out what is asked."""

    name: str
    process: TemplateProcess
    in_parts: bool = False
    loses_question: bool = False


class OwnFormat:
    """The templates that a tokenizer brings; each rendering may take as much as ``limits`` says."""

    def __init__(self, tokenizer: Any, *, limits: TemplateLimits | None = None) -> None:
        self._templates = _templates(tokenizer.chat_template)
        self._variables = dict(tokenizer.special_tokens_map)
        self._limits = limits

    def __bool__(self) -> bool:
        return bool(self._templates)

    @property
    def note(self) -> str:
        """A sentence on what was chosen where nothing says what is right; empty where there was no choice."""
        if len(self._templates) < 2 or _DEFAULT in self._templates:
            return ""
        return Sentence(SEVERAL, count=len(self._templates), name=self._way.name)

    def render(self, messages: Sequence[Message], **choice: bool) -> str:
        """Return the prompt string for ``messages``.

        Raises RequestError if the template refuses them, breaks down, does not end, or loses the question.
        """
        way = self._way
        text = way.process.render(_turns(messages, in_parts=way.in_parts), **choice)
        if way.loses_question and messages[-1].content.strip() not in text:
            raise RequestError(LOST)
        return text

    @cached_property
    def _way(self) -> _Way:
        """The first way in which a trial's question is in the prompt; if there is none, the first template as it is."""
        names = [_DEFAULT] if _DEFAULT in self._templates else list(self._templates)
        first: _Way | None = None
        for name in names:
            process = TemplateProcess(self._templates[name], self._variables, limits=self._limits)
            shown = {in_parts: _shows(process, in_parts=in_parts) for in_parts in (False, True)}
            if any(shown.values()):
                return _Way(name=name, process=process, in_parts=not shown[False])
            process.close()
            first = first or _Way(name=name, process=process, loses_question=False in shown.values())
        assert first is not None, "asked only where there is a template"
        return first


def _templates(published: object) -> Mapping[str, str]:
    """Return the templates by their names; none for what is no template."""
    if isinstance(published, Mapping):
        return {str(name): source for name, source in published.items() if isinstance(source, str) and source}
    return {_DEFAULT: published} if isinstance(published, str) and published else {}


def _shows(process: TemplateProcess, *, in_parts: bool) -> bool | None:
    """Tell whether the question of a trial is in the prompt; None if there is no prompt."""
    try:
        return _TRIAL.content in process.render(_turns([_TRIAL], in_parts=in_parts))
    except RequestError:
        return None


def _turns(messages: Sequence[Message], *, in_parts: bool) -> list[dict[str, Any]]:
    return [
        {
            "role": message.role,
            "content": [{"type": "text", "text": message.content}] if in_parts else message.content,
        }
        for message in messages
    ]
