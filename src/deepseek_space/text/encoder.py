"""Conversations to token ids, for one tokenizer.

Control tokens that a person types arrive as plain text, while everything else is cut into tokens just as the published
prompt string would be.

Knows no weights and no engine. The tokenizer is any ``PreTrainedTokenizerFast``-like object that is handed in.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from tokenizers import Tokenizer

from deepseek_space.errors import RequestError, Unsupported
from deepseek_space.text.chat_template.own_format import OwnFormat
from deepseek_space.text.chat_template.process import TemplateLimits
from deepseek_space.text.cutting import if_it_can_be_cut
from deepseek_space.text.marks import Marks
from deepseek_space.text.templates import (
    END_THINK,
    FIM_HOLE,
    THINK,
    THINKING_FAMILIES,
    THINKS_BY_DEFAULT,
    begun_text,
    fim_prompt,
    render,
    thought_style,
    without_thoughts,
)
from deepseek_space.text.tools.conversation import render_with_tools, texts_of
from deepseek_space.text.valid_text import valid
from deepseek_space.types import Begun, Message, PromptFamily, Tool, ToolFormat

_SYSTEM, _QUESTION = Message(role="system", content="Be brief."), Message(role="user", content="?")


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """Token ids to prefill.

    ``opens_in_reasoning`` says that the published prompt ends inside an opened ``<think>``. ``begun`` is what follows
    it of a reply that goes on, and ``closing`` what would close a thought, empty where there is none to close.
    ``num_added`` of the first ids stand before a text that is continued as it is.
    """

    ids: tuple[int, ...]
    opens_in_reasoning: bool = False
    begun: str = ""
    closing: str = ""
    num_added: int = 0


class PromptEncoder:
    """Turns conversations into token ids for one tokenizer; may be shared by threads.

    ``family`` "own" uses the chat template that the tokenizer brings, within ``limits``, every other one ``render``;
    ``tool_format`` is how a conversation with tools is written.
    """

    def __init__(
        self,
        tokenizer: Any,
        *,
        family: PromptFamily = "own",
        limits: TemplateLimits | None = None,
        tool_format: ToolFormat = "none",
    ) -> None:
        self._tokenizer = tokenizer
        self._family = family
        self.tool_format: ToolFormat = tool_format
        self._own = OwnFormat(tokenizer, limits=limits)
        # Some vocabularies hold runs of blanks or single letters as added tokens: these are text, not control.
        self._control = {
            token_id: token.content
            for token_id, token in tokenizer.added_tokens_decoder.items()
            if token.special or (len(token.content) > 1 and not token.content.isspace())
        }

    @if_it_can_be_cut
    def count(self, text: str) -> int:
        """Return how many tokens ``text`` is within a prompt; safe from any thread.

        Raises RequestError, as all that follow, for a text on which the tokenizer gives up.
        """
        text = valid(text)
        ids = self._tokenizer.backend_tokenizer.encode_batch_fast([text], add_special_tokens=False)[0].ids
        if self._control.keys().isdisjoint(ids):
            return len(ids)
        marks = Marks(text)
        return len(self._encode(self._neutralise(text, marks), marks))

    @property
    def can_chat(self) -> bool:
        """Whether there is a format for conversations."""
        return self._family != "base" if self._family != "own" else bool(self._own)

    @cached_property
    def can_think(self) -> bool:
        """Whether replies may begin with thoughts."""
        return THINK in self._control.values() if self._family == "own" else self._family in THINKING_FAMILIES

    @property
    def thinks_by_default(self) -> bool:
        """Whether replies begin with thoughts where nothing else is asked for."""
        return THINKS_BY_DEFAULT.get(self._family, self.can_think)

    @cached_property
    def can_choose_thinking(self) -> bool:
        """Whether ``thinking`` changes the prompt."""
        return self._tried(_QUESTION, thinking=True) != self._tried(_QUESTION, thinking=False)

    @cached_property
    def takes_system_prompt(self) -> bool:
        """Whether the format has a place for instructions; for an own template: whether it shows them."""
        return _SYSTEM.content in self._tried(_SYSTEM, _QUESTION)

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What is to be known of the format, in sentences. Asking tries it out, which may take seconds."""
        if self._family != "own" or not self._own:
            return ()
        offers = (self.can_choose_thinking, self.takes_system_prompt)
        return (self._own.note,) if offers and self._own.note else ()

    @property
    def can_infill(self) -> bool:
        """Whether the vocabulary has tokens for filling a gap."""
        return FIM_HOLE in self._control.values()

    @if_it_can_be_cut
    def chat(
        self,
        messages: Sequence[Message],
        *,
        thinking: bool | None = None,
        begun: Begun | None = None,
        answer_at_once: bool = False,
        tools: Sequence[Tool] = (),
    ) -> Prompt:
        """Return the prompt that asks for the next answer, or for the rest of one that was ``begun``.

        What was begun has the ids of its text within the published string. It is not guaranteed that the model had
        cut it in the same way when it wrote it; then even a greedy answer may go on in other words. What was begun
        with thoughts goes on in the thinking mode, and without them in the other. ``answer_at_once`` leaves no room
        for thoughts, or for more of them, also where the model would open one by itself.
        Raises Unsupported if the model cannot chat, RequestError if its own template refuses the conversation.
        """
        if answer_at_once:
            begun = replace(begun or Begun(), is_thinking=False)
        marks = Marks("".join([*texts_of(messages, tools), *((begun.reasoning, begun.answer) if begun else ())]))
        safe = [self._safe(turn, marks) for turn in messages]
        uses_tools = bool(tools) or any(turn.role == "tool" or turn.tool_calls for turn in messages)
        if begun and self.can_choose_thinking:
            thinking = begun.is_thinking or bool(begun.reasoning)
        if uses_tools:
            named = [replace(tool, definition=self._neutralise(tool.definition, marks)) for tool in tools]
            thinks = THINKS_BY_DEFAULT.get(self._family, False) if thinking is None else thinking
            text = render_with_tools(self.tool_format, safe, named, thinking=thinks)
        else:
            text = self._render(safe, thinking)
        beginning = self._beginning(text, begun, marks, answer_at_once) if begun else ""
        return Prompt(
            ids=self._encode(text + beginning, marks),
            opens_in_reasoning=text.rstrip().endswith(THINK),
            begun=marks.restore(beginning),
            closing=thought_style(self._family, text).closing if self.can_think else "",
        )

    @if_it_can_be_cut
    def close_thought(self, prompt: Prompt, thought: Sequence[int]) -> Prompt:
        """Return the prompt for the answer, after ``prompt`` and as much of a ``thought`` as there is."""
        ids = self._tokenizer.encode(prompt.closing, add_special_tokens=False, verbose=False)
        return replace(prompt, ids=(*prompt.ids, *thought, *ids))

    @if_it_can_be_cut
    def complete(self, text: str) -> Prompt:
        """Return ``text`` as it is, for a model to continue, behind BOS."""
        marks = Marks(text)
        ids = self._bos + self._encode(self._neutralise(text, marks), marks)
        return Prompt(ids=ids, begun=text, num_added=len(self._bos))

    def complete_ids(self, ids: Sequence[int]) -> Prompt:
        """Return the prompt that is ``ids`` as they are. Raises RequestError for one that the vocabulary has not."""
        size = len(self._tokenizer)
        if (wrong := next((token for token in ids if not 0 <= token < size), None)) is not None:
            raise RequestError("There is no token {token}; the last one is {last}.", token=wrong, last=size - 1)
        return Prompt(ids=tuple(ids), begun=self._tokenizer.decode(ids))

    @if_it_can_be_cut
    def infill(self, prefix: str, suffix: str, *, middle: str = "") -> Prompt:
        """Return the prompt for what belongs between ``prefix`` and ``suffix``, behind BOS.

        ``middle`` is the beginning of it, which is there already.
        Raises Unsupported if the vocabulary has no tokens for it.
        """
        if not self.can_infill:
            raise Unsupported("This model has no tokens for filling a gap. Use a DeepSeek Coder base model for that.")
        marks = Marks(prefix + suffix + middle)
        text = fim_prompt(self._neutralise(prefix, marks), self._neutralise(suffix, marks))
        return Prompt(ids=self._bos + self._encode(text + self._neutralise(middle, marks), marks), begun=middle)

    def _safe(self, turn: Message, marks: Marks) -> Message:
        """Return ``turn`` with marks for what is not to be taken for control tokens."""
        calls = tuple(
            replace(call, name=self._neutralise(call.name, marks), arguments=self._neutralise(call.arguments, marks))
            for call in turn.tool_calls
        )
        content, thought = (self._neutralise(text, marks) for text in (without_thoughts(turn), turn.reasoning))
        return replace(turn, content=content, reasoning=thought, tool_calls=calls)

    def _tried(self, *messages: Message, thinking: bool | None = None) -> str:
        """Return the prompt string for ``messages``; empty if there is none."""
        try:
            return self._render(messages, thinking) if self.can_chat else ""
        except RequestError:
            return ""

    def _beginning(self, prompt: str, begun: Begun, marks: Marks, answer_at_once: bool) -> str:
        safe = {name: self._neutralise(getattr(begun, name), marks) for name in ("reasoning", "answer")}
        begun = replace(begun, **safe)
        return begun_text(self._family, prompt, begun, can_think=self.can_think, answer_at_once=answer_at_once)

    def _render(self, messages: Sequence[Message], thinking: bool | None) -> str:
        if self._family != "own":
            return render(self._family, messages, thinking=thinking)
        if not self._own:
            return render("base", messages)
        # DeepSeek's templates ask for ``thinking``, Qwen's for ``enable_thinking``.
        choice = {} if thinking is None else {"thinking": thinking, "enable_thinking": thinking}
        return self._own.render(messages, **choice)

    @cached_property
    def _bos(self) -> tuple[int, ...]:
        """BOS of a DeepSeek model, which its tokenizer may forget; of others only if their tokenizer writes it."""
        bos = self._tokenizer.bos_token_id
        written = self._tokenizer.backend_tokenizer.encode("").ids[:1] == [bos]
        return (bos,) if bos is not None and (written or self._family != "own") else ()

    @cached_property
    def _plain_tokenizer(self) -> Tokenizer:
        """A copy of the tokenizer that knows no control tokens."""
        state = json.loads(self._tokenizer.backend_tokenizer.to_str())
        state["added_tokens"] = [token for token in state["added_tokens"] if token["id"] not in self._control]
        state.update(post_processor=None, truncation=None, padding=None)
        return Tokenizer.from_str(json.dumps(state))

    def _control_spans(self, text: str) -> list[tuple[int, int, int]]:
        """Return (token id, start, end) of the control tokens that the tokenizer finds in ``text``."""
        if self._control.keys().isdisjoint(self._tokenizer.encode(text, add_special_tokens=False, verbose=False)):
            return []  # the usual case; offsets cost three times as much
        found = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        pairs = zip(found["input_ids"], found["offset_mapping"], strict=True)
        return [(token_id, *span) for token_id, span in pairs if token_id in self._control]

    def _neutralise(self, text: str, marks: Marks) -> str:
        """Return ``text`` with marks for control tokens, and for thinking tags that a template might cut at."""
        text = valid(text)
        parts, position = [], 0
        for _, start, end in self._control_spans(text):
            parts += [text[position:start], marks.put(text[start:end])]
            position = end
        safe = "".join([*parts, text[position:]])
        for tag in (THINK, END_THINK):
            if tag in safe:
                safe = safe.replace(tag, marks.put(tag))
        return safe

    def _encode(self, text: str, marks: Marks) -> tuple[int, ...]:
        """Return the ids of ``text``; what stands behind a mark is plain text together with its surroundings."""
        if not marks:
            return tuple(self._tokenizer.encode(text, add_special_tokens=False, verbose=False))
        ids: list[int] = []
        position = 0
        for token_id, start, end in [*self._control_spans(text), (None, len(text), len(text))]:
            plain = marks.restore(text[position:start])
            ids += self._plain_tokenizer.encode(plain, add_special_tokens=False).ids if plain else []
            ids += [] if token_id is None else [token_id]
            position = end
        return tuple(ids)
