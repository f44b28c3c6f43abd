"""Token ids of one reply in, reasoning and answer events out, up to the first stop string of the answer.

Knows no engine: whoever gets the ids pushes them.
"""

from typing import Any

from deepseek_space.events import Answer, Reasoning
from deepseek_space.text.detokenizer import Detokenizer
from deepseek_space.text.encoder import Prompt
from deepseek_space.text.reasoning import ReasoningParser
from deepseek_space.text.stop_strings import StopStrings

CONTEXT_TOKENS = 8  # enough to see how a tokenizer joins the next token to what stands before it


class ReplyReader:
    """Reads the reply to ``prompt``, or the rest of one that was begun in it; ``ids`` are those read so far.

    ``num_thoughts`` counts the tokens of thought among them, the tags left out.
    """

    def __init__(self, tokenizer: Any, prompt: Prompt, *, stop: tuple[str, ...], can_think: bool) -> None:
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

    def push(self, token: int) -> list[Reasoning | Answer]:
        """Return the events that ``token`` completes; often none."""
        was_thinking = self.is_thinking
        self.ids.append(token)
        text = self._detokenizer.push(token)
        events = self._parser.push(text) if text else []
        self.num_thoughts += was_thinking and self.is_thinking
        return list(self._stop.cut(events))

    def flush(self, *, final: bool = True) -> list[Reasoning | Answer]:
        """Return what was held back; without ``final`` a half character is left for when the reply goes on."""
        text = self._detokenizer.flush(final=final)
        events = [*(self._parser.push(text) if text else ()), *self._parser.flush()]
        return list(self._stop.cut(events, final=True))

    def close_thought(self) -> list[Reasoning | Answer]:
        """Take what comes next as the answer; return what of the thought was held back."""
        events = self._parser.push(self._detokenizer.flush(final=False)) + self._parser.close()
        self._detokenizer = Detokenizer(self._tokenizer)
        return events

    @property
    def is_thinking(self) -> bool:
        """Tell whether the next token is thought, as far as can be told."""
        return self._parser.is_thinking

    @property
    def is_stopped(self) -> bool:
        """Tell whether a stop string has been met."""
        return self._stop.is_met
