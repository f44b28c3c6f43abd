"""A completion request's JSON to texts to continue: every field honoured or refused by name. Knows no routes."""

from dataclasses import dataclass
from typing import Annotated, cast

from pydantic import ConfigDict, Field

from deepseek_space.api.fields.handed_on import to_hand_on
from deepseek_space.api.fields.models import check_model
from deepseek_space.api.fields.sampling import SamplingFields, to_sampling
from deepseek_space.api.fields.stream_options import StreamOptions
from deepseek_space.api.fields.tokens import read_penalties
from deepseek_space.api.wire.request_body import checked, json_object, without_nulls
from deepseek_space.errors import FieldRefused
from deepseek_space.status import Status
from deepseek_space.text.bounds import MAX_CHARACTERS, check_length
from deepseek_space.types import Completion, Penalties

MAX_TEXTS = 128  # to one request, counting each as often as it is asked for
MAX_LOGPROBS = 5
_WEIGHTS = frozenset({"presence_penalty", "frequency_penalty", "logit_bias"})
Ids = list[Annotated[int, Field(strict=True)]]
Prompt = str | Ids | list[str] | list[Ids]


class CompletionBody(SamplingFields):
    """What clients send; ``model_extra`` holds what is none of this app's."""

    model_config = ConfigDict(extra="allow")

    model: str = ""
    prompt: Prompt
    suffix: str = ""
    stream: bool = False
    stream_options: StreamOptions = Field(default_factory=StreamOptions)
    n: int = Field(default=1, ge=1, le=MAX_TEXTS)
    best_of: int = 1
    echo: bool = False
    logprobs: int | None = Field(default=None, ge=0, le=MAX_LOGPROBS)
    cache_salt: str | None = None


@dataclass(frozen=True, kw_only=True)
class Texts:
    """What is to be continued, each ``n`` times; with ``says_nothing`` what is written is not told."""

    completions: tuple[Completion, ...]
    n: int
    echo: bool
    says_nothing: bool
    scores: bool


def read_completion_body(data: bytes) -> CompletionBody:
    """Return the request in ``data``. Raises RequestError that names the first field that cannot be used."""
    found = without_nulls(json_object(data))
    if isinstance(found.get("stream_options"), dict):
        found["stream_options"] = without_nulls(found["stream_options"])
    body = checked(CompletionBody, found)
    if body.best_of != 1:
        raise FieldRefused("best_of", "this app compares no replies. Ask for n and choose one.")
    return body


def to_texts(body: CompletionBody, status: Status) -> Texts:
    """Return what ``body`` asks of the model that answers; what it leaves open is as recommended for it.

    Raises NotReady, ModelNotFound, and RequestError for what cannot be had.
    """
    check_model(body.model, status)
    given = body.model_extra or {}
    worked = {name: value for name, value in given.items() if name in _WEIGHTS & status.honours}
    to_hand_on({name: value for name, value in given.items() if name not in worked}, passes_on=frozenset())
    penalties = read_penalties(worked)
    _check(body, status)
    prompts = _prompts(body.prompt)
    if len(prompts) * body.n > MAX_TEXTS:
        raise FieldRefused(
            "prompt", f"{len(prompts)} texts, each {body.n} times: at most {MAX_TEXTS} can be asked for."
        )
    return Texts(
        completions=tuple(_completion(prompt, body, status, penalties) for prompt in prompts for _ in range(body.n)),
        n=body.n,
        echo=body.echo,
        says_nothing=body.max_tokens == 0,
        scores=body.logprobs is not None,
    )


def _completion(prompt: str | Ids, body: CompletionBody, status: Status, penalties: Penalties) -> Completion:
    echoes_ids = body.echo and not isinstance(prompt, str)  # whose text is told with their scores
    # Nothing to write is asked for as one token that is not told: the text is read all the same.
    sampling = to_sampling(body.model_copy(update={"max_tokens": 1}) if body.max_tokens == 0 else body, status.sampling)
    return Completion(
        prefix=prompt if isinstance(prompt, str) else "",
        ids=() if isinstance(prompt, str) else tuple(prompt),
        suffix=body.suffix,
        sampling=sampling,
        penalties=penalties,
        top_logprobs=0 if body.logprobs is None and echoes_ids else body.logprobs,
        scores_prompt=body.echo and (body.logprobs is not None or echoes_ids),
    )


def _prompts(prompt: Prompt) -> list[str | Ids]:
    is_one = isinstance(prompt, str) or (prompt and isinstance(prompt[0], int))
    prompts = cast("list[str | Ids]", [prompt] if is_one else list(prompt))
    texts = [prompt for prompt in prompts if isinstance(prompt, str)]
    check_length("The prompt", "".join(texts))
    if sum(len(prompt) for prompt in prompts) > MAX_CHARACTERS:
        raise FieldRefused("prompt", f"it has more than {MAX_CHARACTERS:,} tokens. Shorten it.")
    if not prompts:
        raise FieldRefused("prompt", "there is none. Give a text, or a list of texts or of token ids.")
    return prompts


def _check(body: CompletionBody, status: Status) -> None:
    has_ids = not isinstance(body.prompt, str) and not all(isinstance(item, str) for item in body.prompt)
    if has_ids and not status.reads_tokens:
        raise FieldRefused("prompt", f"{status.model} takes no token ids here. Send text.")
    if body.logprobs is not None and not status.reads_tokens:
        raise FieldRefused("logprobs", f"those of {status.model} cannot be told here. Leave it out.")
    if body.suffix.strip() and (has_ids or body.echo):
        raise FieldRefused("suffix", "it goes with one text as prompt, and without echo.")
    if body.suffix.strip() and not status.can_infill:
        raise FieldRefused(
            "suffix",
            f"{status.model} was not trained to fill gaps. Leave it out, or load a DeepSeek Coder base model.",
        )
