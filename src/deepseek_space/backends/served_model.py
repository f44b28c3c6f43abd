"""One loaded model that answers: conversations to token ids, the engine, token ids back to events.

Knows where no weights come from and nothing about pages.
"""

from collections.abc import Iterator
from dataclasses import replace

from deepseek_space.backends.base import HEARTBEAT_S
from deepseek_space.engine.row import Finished, Job, Row, Token
from deepseek_space.engine.worker import Driver
from deepseek_space.models.loader import LoadedModel
from deepseek_space.models.model_spec import ModelSpec
from deepseek_space.text.detokenizer import Detokenizer
from deepseek_space.text.encoder import Prompt, PromptEncoder
from deepseek_space.text.reasoning import ReasoningParser
from deepseek_space.types import Answer, Done, Event, FinishReason, Prefill, PromptFamily, Reasoning, Request, Usage


class ServedModel:
    """``loaded`` behind an engine's ``driver``; many streams at once."""

    def __init__(self, loaded: LoadedModel, driver: Driver, *, spec: ModelSpec | None = None) -> None:
        self.loaded = loaded
        self.driver = driver
        self.spec = spec
        self.encoder = PromptEncoder(loaded.tokenizer, family=_prompt_family(loaded, spec))

    def stream(self, request: Request) -> Iterator[Event]:
        """Yield the reply's events; see ``Backend.stream``."""
        prompt = self.encoder.chat(request.messages, thinking=request.thinking)
        job = Job(prompt=prompt.ids, sampling=request.sampling, stop_ids=self.loaded.stop_ids)
        row = self.driver.submit(job)
        try:
            yield from self._events(row, self._reader(prompt, request.sampling.stop))
        finally:
            row.cancel()

    @property
    def takes_system_prompt(self) -> bool:
        """Whether instructions of one's own may come before the conversation."""
        return self.spec.takes_system_prompt if self.spec else self.encoder.takes_system_prompt

    @property
    def can_infill(self) -> bool:
        """Whether the model was trained to write what belongs between two pieces of code."""
        return self.encoder.can_infill and (self.spec.fim if self.spec else not self.encoder.can_chat)

    def close(self, *, drain_s: float = 0.0) -> None:
        """End all streams, after they had ``drain_s`` to end by themselves."""
        self.driver.close(drain_s=drain_s)

    def _reader(self, prompt: Prompt, stop: tuple[str, ...]) -> "ReplyReader":
        parser = ReasoningParser(
            opens_in_reasoning=prompt.opens_in_reasoning,
            expects_tags=self.encoder.can_think or prompt.opens_in_reasoning,
        )
        return ReplyReader(Detokenizer(self.loaded.tokenizer, stop=stop), parser)

    def _events(self, row: Row, reader: "ReplyReader") -> Iterator[Event]:
        latest: Event = Prefill(read=0, total=len(row.job.prompt))
        yield latest
        for item in self.driver.events(row, wait_s=HEARTBEAT_S):
            match item:
                case None:
                    yield _pulse(latest)
                case Token(id=token):
                    pieces = reader.push(token) or [_pulse(latest)]
                    yield from pieces
                    latest = pieces[-1]
                    if reader.is_stopped:
                        yield from self._ending(row, reader, "stop")
                        return
                case Finished(reason=reason):
                    yield from self._ending(row, reader, reason)
                case progress:
                    latest = progress
                    yield latest

    def _ending(self, row: Row, reader: "ReplyReader", reason: FinishReason) -> Iterator[Event]:
        yield from reader.flush()
        usage = Usage(
            model=self.loaded.name,
            prompt_tokens=len(row.job.prompt),
            cached_tokens=row.cached_tokens,
            generated_tokens=row.num_generated,
            time_to_first_token_s=row.time_to_first_token_s,
            tokens_per_second=row.tokens_per_second,
            finish_reason=reason,
        )
        yield Done(usage=usage)


class ReplyReader:
    """Token ids of one reply to reasoning and answer events, up to the first stop string."""

    def __init__(self, detokenizer: Detokenizer, parser: ReasoningParser) -> None:
        self._detokenizer = detokenizer
        self._parser = parser

    def push(self, token: int) -> list[Reasoning | Answer]:
        """Return the events that ``token`` completes; often none."""
        text = self._detokenizer.push(token)
        return self._parser.push(text) if text else []

    def flush(self) -> list[Reasoning | Answer]:
        """Return what was held back."""
        text = self._detokenizer.flush()
        return [*(self._parser.push(text) if text else ()), *self._parser.flush()]

    @property
    def is_stopped(self) -> bool:
        """Tell whether a stop string has been met."""
        return self._detokenizer.stopped


def _prompt_family(loaded: LoadedModel, spec: ModelSpec | None) -> PromptFamily:
    # Published copies of Coder's system text differ in spelling: the checkpoint's own template is right.
    if spec is None or (spec.prompt_family == "coder" and loaded.tokenizer.chat_template):
        return "own"
    return spec.prompt_family


def _pulse(latest: Event) -> Event:
    """Return an event that says nothing new, so that a reader who has left is noticed."""
    return replace(latest, text="") if isinstance(latest, Reasoning | Answer) else latest
