"""What belongs at the cursor of a workspace's file: asked of the model, with the other files, until nobody wants it.

Knows no page. Whether the model was trained to fill gaps is ``Status.can_infill``.
"""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace

from deepseek_space.backends.base import Backend
from deepseek_space.events import Answer, Done
from deepseek_space.status import Status
from deepseek_space.text.repository import Gap, RepositoryPrompt, filled, repository_prompt
from deepseek_space.types import Completion, Sampling

MOST_PROMPT_TOKENS = 2048  # so many are read within seconds on a processor, and what was read before is kept
MOST_TOKENS = 96
MOST_CHARACTERS = 50_000  # around the cursor
_CONTROL_TOKENS = 16
OTHER_TEMPERATURE = 0.8


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """``text`` for the cursor, "" for nothing, and what it was made of: ``tokens`` of a ``budget``, other files."""

    text: str
    paths: tuple[str, ...]
    tokens: int
    budget: int


@dataclass
class Cursor:
    """Which suggestion is still wanted: the latest that was asked for, unless that was called off. Numbers grow.

    Threads may ask at once, without a lock: at worst one more is written than is wanted.
    """

    _wanted: int = 0
    _ended: int = 0

    def ask(self, number: int) -> None:
        """Want ``number``, and none before it."""
        self._wanted = max(self._wanted, number)

    def end(self, number: int) -> None:
        """Want ``number`` no more; it may be told before it is asked for."""
        self._ended = max(self._ended, number)

    def wants(self, number: int) -> bool:
        """Tell whether anybody waits for it."""
        return number >= self._wanted and number > self._ended


def budget_for(status: Status) -> int:
    """Return how many tokens a prompt may take: the model's context has a place for the reply besides."""
    if not status.context_tokens:  # the server does not tell
        return MOST_PROMPT_TOKENS
    return max(0, min(MOST_PROMPT_TOKENS, status.context_tokens - MOST_TOKENS - _CONTROL_TOKENS))


def suggest(
    backend: Backend,
    gap: Gap,
    files: Mapping[str, str],
    *,
    variant: int = 0,
    is_wanted: Callable[[], bool],
    own: Callable[[Completion], Completion] = lambda request: request,
) -> Suggestion | None:
    """Return what the model writes at ``gap``: its likeliest text, or for a higher ``variant`` another one.

    None once it is not wanted: then the model has stopped. ``own`` makes the request the visitor's. Raises SpaceError.
    """
    budget = budget_for(backend.status())
    gap = Gap(path=gap.path, before=gap.before[-MOST_CHARACTERS:], after=gap.after[:MOST_CHARACTERS])
    prompt = repository_prompt(gap, files, backend.count_tokens, budget=budget)
    text, is_whole = "", True
    with closing(backend.stream(own(_request(gap, prompt, variant)))) as events:
        for event in events:
            if not is_wanted():
                return None
            if isinstance(event, Answer):
                text += event.text
            elif isinstance(event, Done):
                is_whole = event.usage.finish_reason == "stop"
    shown = filled(text, gap, is_whole=is_whole)
    return Suggestion(text=shown, paths=prompt.paths, tokens=prompt.tokens, budget=budget)


def _request(gap: Gap, prompt: RepositoryPrompt, variant: int) -> Completion:
    """Return what is asked: to the line's end where something follows on it, else as far as two blank lines."""
    stop = "\n" if gap.after.split("\n", 1)[0].strip() else "\n\n\n"
    sampling = Sampling(temperature=0.0, max_new_tokens=MOST_TOKENS, stop=(stop,))
    if variant:
        sampling = replace(sampling, temperature=OTHER_TEMPERATURE, top_p=0.95, seed=variant)
    return Completion(prefix=prompt.prefix, suffix=prompt.suffix, sampling=sampling)
