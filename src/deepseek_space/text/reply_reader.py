"""Token ids of one reply in, reasoning and answer events out, up to the first stop string of the answer.

Knows no engine: whoever gets the ids pushes them.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from deepseek_space.events import Answer, Event, Reasoning, TokenLogprob
from deepseek_space.text.detokenizer import Detokenizer
from deepseek_space.text.encoder import Prompt
from deepseek_space.text.reasoning import ReasoningParser
from deepseek_space.text.stop_strings import StopStrings
from deepseek_space.text.token_trail import TokenTrail
from deepseek_space.text.tools.call_parser import ToolCallParser
from deepseek_space.types import ToolFormat

CONTEXT_TOKENS = 8  # enough to see how a tokenizer joins the next token to what stands before it


class ReplyReader:
    """Reads the reply to ``prompt``, or the rest of one that was begun in it; ``ids`` are those read so far.

    With a ``tool_format`` the calls in the answer are told apart. ``num_thoughts`` counts the tokens of thought among
    ``ids``, the tags left out.
    """

    def __init__(
        self,
        tokenizer: Any,
        prompt: Prompt,
        *,
        stop: tuple[str, ...],
        can_think: bool,
        tool_format: ToolFormat = "none",
    ) -> None:
        self.ids: list[int] = []
        self.num_thoughts = 0
        self._tokenizer = tokenizer
        self._stop = StopStrings(stop)
        before = prompt.ids[-CONTEXT_TOKENS:] if prompt.begun else ()
        self._detokenizer = Detokenizer(tokenizer, before=before)
        self._parser = ReasoningParser(
            opens_in_reasoning=prompt.opens_in_reasoning, expects_tags=can_think or prompt.opens_in_reasoning
        )
        self._parser.skip(prompt.begun)
        self._trail = TokenTrail()
        self._calls = None if tool_format == "none" else ToolCallParser(tool_format)

    def push(self, token: int, logprob: TokenLogprob | None = None) -> list[Event]:
        """Return the events that ``token`` completes; often none. They hold the tokens that come with a ``logprob``."""
        was_thinking = self.is_thinking
        self.ids.append(token)
        text = self._detokenizer.push(token)
        self._trail.push(None if self._detokenizer.hides(token) else logprob, text)
        events = self._parser.push(text) if text else []
        self.num_thoughts += was_thinking and self.is_thinking
        return self._with_calls(self._with_tokens(self._stop.cut(events)))

    def flush(self, *, final: bool = True) -> list[Event]:
        """Return what was held back; without ``final`` a half character is left for when the reply goes on."""
        text = self._detokenizer.flush(final=final)
        self._trail.push(None, text)
        events = [*(self._parser.push(text) if text else ()), *self._parser.flush()]
        events = [*self._with_tokens(self._stop.cut(events, final=True)), *self._half_character()]
        return self._with_calls(events, final=True)

    def close_thought(self) -> list[Reasoning | Answer]:
        """Take what comes next as the answer; return what of the thought was held back."""
        text = self._detokenizer.flush(final=False)
        half = self._half_character()
        self._trail.push(None, text)
        events = self._parser.push(text) + self._parser.close()
        self._detokenizer = Detokenizer(self._tokenizer)
        return [*self._with_tokens(events), *half]

    def _half_character(self) -> list[Reasoning | Answer]:
        """Return an event for tokens that have no text yet, where they are to be told."""
        tokens = self._trail.rest()
        kind = Reasoning if self.is_thinking else Answer
        return [kind(text="", tokens=tokens)] if tokens else []

    def _with_tokens(self, events: Iterable[Reasoning | Answer]) -> list[Reasoning | Answer]:
        return [replace(event, tokens=self._trail.take(event.text)) for event in events]

    def _with_calls(self, events: list[Reasoning | Answer], *, final: bool = False) -> list[Event]:
        return self._calls.sort(events, final=final) if self._calls else list(events)

    @property
    def has_called(self) -> bool:
        """Tell whether a tool was called."""
        return self._calls is not None and self._calls.has_called

    @property
    def is_thinking(self) -> bool:
        """Tell whether the next token is thought, as far as can be told."""
        return self._parser.is_thinking

    @property
    def is_stopped(self) -> bool:
        """Tell whether a stop string has been met."""
        return self._stop.is_met
