"""One loaded model that answers: conversations to token ids, engine, token ids to events.

Knows where no weights come from and nothing about pages.
"""

import time
from collections.abc import Generator, Sequence
from dataclasses import replace
from math import inf

from deepseek_space.backends.heartbeat import HEARTBEAT_S, pulse
from deepseek_space.backends.local.guided import guide_for
from deepseek_space.backends.local.pieces import Pieces
from deepseek_space.backends.local.scored_tokens import ScoredTokens
from deepseek_space.engine.driver import Driver
from deepseek_space.engine.reply import Finished, Job, Reply, Scores, Token, TokenScore
from deepseek_space.errors import BusyError, EngineError, FieldRefused, PromptTooLong, Unsupported
from deepseek_space.events import Done, Event, EventStream, FinishReason, Prefill, Reasoning, TokenLogprob, Usage
from deepseek_space.models.loaded_model import LoadedModel
from deepseek_space.models.shape.model_spec import ModelSpec
from deepseek_space.text.codegen import gap_end
from deepseek_space.text.encoder import Prompt, PromptEncoder
from deepseek_space.text.reply_reader import ReplyReader
from deepseek_space.text.token_bytes import TokenBytes
from deepseek_space.types import Completion, Penalties, PromptFamily, Request, ToolFormat

FIRST_CODER_VOCABULARY = 32_256


class ServedModel:
    """``loaded`` behind an engine's ``driver``; many streams at once.

    ``shares_prefixes`` lets everybody's prompts begin from what was read for anybody: for an app of one person.
    """

    def __init__(
        self, loaded: LoadedModel, driver: Driver, *, spec: ModelSpec | None = None, shares_prefixes: bool = False
    ) -> None:
        self.loaded = loaded
        self.driver = driver
        self.spec = spec
        self._shares_prefixes = shares_prefixes
        size = loaded.model.config.vocab_size if loaded.model else loaded.vocab_size
        self.token_bytes = TokenBytes(loaded.tokenizer, stop_ids=loaded.stop_ids, size=size)
        tool_format: ToolFormat = spec.tools if spec else "none"
        self.encoder = PromptEncoder(loaded.tokenizer, family=_prompt_family(loaded, spec), tool_format=tool_format)

    def check(self, request: Request | Completion) -> None:
        """Raise what ``stream`` would before the model does any work, such as PromptTooLong."""
        prompt = self._prompt(request, self._budget_left(request))
        self.driver.limits.room_after(len(prompt.ids))

    def stream(self, request: Request | Completion, *, until_s: float = inf) -> EventStream:
        """Yield the reply's events; see ``Backend.stream``.

        At ``until_s``, by time.monotonic, it ends with the finish reason "time".
        """
        budget = self._budget_left(request)
        prompt = self._prompt(request, budget)
        reader = self._reader(prompt, request)
        scored = None
        if isinstance(request, Completion):
            scored = ScoredTokens(self.loaded.tokenizer, prompt.ids, hidden=prompt.num_added)
        rows = [self.driver.submit(self._job(prompt, request, is_thinking=reader.is_thinking))]
        try:
            yield Prefill(read=0, total=len(prompt.ids))
            if scored and rows[0].job.scores_prompt:
                yield scored.opening()
            reason = yield from self._row_events(rows[0], reader, scored, until_s, budget)
            if reason is None:
                rows[0].cancel()
                yield from reader.close_thought()
                reason = yield from self._answer_now(rows, prompt, reader, scored, until_s)
            yield from reader.flush(final=reason == "stop")
            yield Done(usage=self._usage(rows, reader, reason))
        finally:
            rows[-1].cancel()

    @property
    def takes_system_prompt(self) -> bool:
        """Whether instructions of one's own may come before the conversation."""
        return self.spec.takes_system_prompt if self.spec else self.encoder.takes_system_prompt

    @property
    def can_infill(self) -> bool:
        """Whether the model was trained to write what belongs between two pieces of code.

        The tokens for it tell little: V2, V3 and V4 have them too, few of which were trained on them.
        Of a base model that the catalogue does not know the vocabulary tells: so small a one is the first Coder's.
        """
        if self.spec:
            return self.spec.fim and self.encoder.can_infill
        is_coder = len(self.loaded.tokenizer) <= FIRST_CODER_VOCABULARY and not self.encoder.can_chat
        return is_coder and self.encoder.can_infill

    def close(self, *, drain_s: float = 0.0) -> None:
        """End all streams, after they had ``drain_s`` to end by themselves."""
        self.driver.close(drain_s=drain_s)

    def _budget_left(self, request: Request | Completion) -> int | None:
        """Return how many more tokens of thought there may be; None: as many as the model likes."""
        if isinstance(request, Completion) or request.thinking_budget is None or not self.encoder.can_think:
            return None
        begun = request.begun
        return max(0, request.thinking_budget - (self.encoder.count(begun.reasoning) if begun else 0))

    def _prompt(self, request: Request | Completion, budget: int | None) -> Prompt:
        if isinstance(request, Completion):
            return self._completion(request)
        return self.encoder.chat(
            request.messages,
            thinking=request.thinking,
            begun=request.begun,
            answer_at_once=budget == 0,
            tools=request.tools,
        )

    def _completion(self, request: Completion) -> Prompt:
        if request.ids:
            return self.encoder.complete_ids(request.ids)
        if not request.suffix.strip():
            return self.encoder.complete(request.prefix + request.middle)
        if not self.can_infill:
            raise Unsupported(
                "{name} was not trained to fill gaps. Leave the part after the gap empty to continue the "
                "text before it, or load a DeepSeek Coder base model.",
                name=self.loaded.name,
            )
        return self.encoder.infill(request.prefix, request.suffix, middle=request.middle)

    def _reader(self, prompt: Prompt, request: Request | Completion) -> ReplyReader:
        is_chat = isinstance(request, Request)
        stop = request.sampling.stop if is_chat else (*request.sampling.stop, *gap_end(request.suffix))
        return ReplyReader(
            self.loaded.tokenizer,
            prompt,
            stop=stop,
            can_think=is_chat and self.encoder.can_think,
            tool_format=self.encoder.tool_format if isinstance(request, Request) and request.tools else "none",
        )

    def _job(self, prompt: Prompt, request: Request | Completion, *, is_thinking: bool) -> Job:
        scope = "" if self._shares_prefixes else request.scope
        job = Job(prompt=prompt.ids, sampling=request.sampling, stop_ids=self.loaded.stop_ids, scope=scope)
        job = replace(job, penalties=self._penalties(request), top_logprobs=request.top_logprobs)
        if isinstance(request, Completion):
            return replace(job, scores_prompt=request.scores_prompt)
        if request.top_logprobs is not None:
            _ = self.token_bytes.trie  # not in the middle of the reply: it takes a second, and may not be there
        can_think = self.encoder.can_think
        guide = guide_for(
            request,
            prompt,
            self.token_bytes,
            is_thinking=is_thinking,
            can_think=can_think,
            tool_format=self.encoder.tool_format,
        )
        return replace(job, guide=guide)

    def _penalties(self, request: Request | Completion) -> Penalties:
        """Return the penalties of ``request``. Raises FieldRefused for a token that is not there."""
        unknown = [token for token, _ in request.penalties.bias if token >= len(self.loaded.tokenizer)]
        if unknown:
            size = len(self.loaded.tokenizer)
            raise FieldRefused("logit_bias", f"{self.loaded.name} has no token {unknown[0]}, only {size:,} of them.")
        return request.penalties

    def _row_events(
        self, row: Reply, reader: ReplyReader, scored: ScoredTokens | None, until_s: float, budget: int | None = None
    ) -> Generator[Event, None, FinishReason | None]:
        """Yield the row's events; return why it ended, or None if its thought has used up ``budget`` tokens."""
        latest: Event = Prefill(read=0, total=len(row.job.prompt))
        held = Pieces()
        try:
            for item in self.driver.events(row, wait_s=HEARTBEAT_S):
                if until_s < inf and time.monotonic() >= until_s and not isinstance(item, Finished):
                    yield from held.pass_on()
                    return "time"
                match item:
                    case None:
                        yield from held.pass_on()
                        yield pulse(latest)
                    case Token(id=token, score=score):
                        if scored and score:
                            yield scored.told(Scores(tokens=(score,)))
                        pieces = reader.push(token, self._logprob(token, score)) or [pulse(latest)]
                        held.take(pieces)
                        latest = pieces[-1]
                        is_spent = budget is not None and reader.is_thinking and reader.num_thoughts >= budget
                        waits = row.has_more or not held.are_due
                        if waits and not (scored or reader.is_stopped or is_spent):
                            continue
                        yield from held.pass_on()
                        if reader.is_stopped:
                            return "stop"
                        if is_spent:
                            return None
                    case Scores() if scored:
                        yield scored.told(item)
                    case Scores():  # of what ends the reply, which is no part of an answer
                        pass
                    case Finished(reason=reason):
                        yield from held.pass_on()
                        return reason
                    case progress:
                        latest = progress
                        yield latest
        except EngineError:
            yield from held.pass_on()
            raise
        raise EngineError("The answer broke off without a reason. Send the message again.")

    def _logprob(self, token: int, score: TokenScore | None) -> TokenLogprob | None:
        if score is None:
            return None
        top = tuple(TokenLogprob(bytes=self.token_bytes.of(token), logprob=value) for token, value in score.top)
        return TokenLogprob(bytes=self.token_bytes.of(token), logprob=score.logprob, top=top)

    def _answer_now(
        self, rows: list[Reply], prompt: Prompt, reader: ReplyReader, scored: ScoredTokens | None, until_s: float
    ) -> Generator[Event, None, FinishReason]:
        """Yield the answer that follows the thought which ``reader`` has read, from one more of ``rows``."""
        first = rows[0].job
        left = first.sampling.max_new_tokens - len(reader.ids)
        if left < 1:
            return "length"
        sampling = replace(first.sampling, max_new_tokens=left)
        ids = self.encoder.close_thought(prompt, reader.ids).ids
        guide = first.guide.for_answer() if first.guide else None
        job = replace(first, prompt=ids, sampling=sampling, goes_on=True, said=tuple(reader.ids), guide=guide)
        try:
            while (row := self._submit_or_wait(job)) is None:
                yield Reasoning(text="")
        except PromptTooLong:
            return "length"
        rows.append(row)
        reason = yield from self._row_events(row, reader, scored, until_s)
        assert reason is not None  # there is no budget left that could end it
        return reason

    def _submit_or_wait(self, job: Job) -> Reply | None:
        try:
            return self.driver.submit(job)
        except BusyError:  # others came in the meantime; a reply that has begun waits for a place
            time.sleep(HEARTBEAT_S)
            return None

    def _usage(self, rows: Sequence[Reply], reader: ReplyReader, reason: FinishReason) -> Usage:
        first, last = rows[0], rows[-1]
        ended_itself = reason == "stop" and not reader.is_stopped
        count = len(reader.ids) + ended_itself
        elapsed_s = last.last_token_at - first.first_token_at if first.first_token_at else 0.0
        return Usage(
            model=self.loaded.name,
            prompt_tokens=len(first.job.prompt),
            cached_tokens=first.cached_tokens,
            generated_tokens=count,
            time_to_first_token_s=first.time_to_first_token_s,
            tokens_per_second=(count - 1) / elapsed_s if count > 1 and elapsed_s > 0 else 0.0,
            finish_reason="tool_calls" if reason == "stop" and reader.has_called else reason,
            reasoning_tokens=reader.num_thoughts,
        )


def _prompt_family(loaded: LoadedModel, spec: ModelSpec | None) -> PromptFamily:
    # Published copies of Coder's system text differ in spelling: the checkpoint's own template is right.
    if spec is None or (spec.prompt_family == "coder" and loaded.tokenizer.chat_template):
        return "own"
    return spec.prompt_family
