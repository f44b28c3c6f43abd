"""A request of an editor for what belongs at its cursor, as llama.cpp has it, to ours. Knows no route.

What stands in other files comes first, each under its name in a comment: so DeepSeek Coder's base models were trained.
"""

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from deepseek_space.api.fields.models import check_model
from deepseek_space.api.wire.request_body import checked, json_object, without_nulls
from deepseek_space.errors import FieldRefused
from deepseek_space.status import Status
from deepseek_space.text.bounds import check_length
from deepseek_space.text.repository import file_text
from deepseek_space.types import Completion, Sampling

MAX_EXTRAS = 1000
# What an editor may name among the samplers; "infill" and the others that are not ours choose among the same tokens.
_SAMPLERS = ("temperature", "top_k", "top_p", "min_p")


class Extra(BaseModel):
    """A piece of another file."""

    text: str
    filename: str = ""


class InfillBody(BaseModel):
    """What editors send. Times in milliseconds."""

    model_config = ConfigDict(extra="forbid")

    model: str = ""
    input_prefix: str
    input_suffix: str
    input_extra: list[Extra] = Field(default_factory=list, max_length=MAX_EXTRAS)
    prompt: str = ""
    n_predict: int | None = None
    n_indent: int = Field(default=0, ge=0)
    t_max_prompt_ms: int = 0
    t_max_predict_ms: int = 0
    samplers: list[str] | None = None
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    repeat_penalty: float | None = None
    seed: int | None = None
    stop: list[str] = []
    stream: bool = False
    response_fields: list[str] = []
    cache_prompt: bool = True
    id_slot: int = -1
    cache_salt: str | None = None


def read_infill_body(data: bytes) -> InfillBody:
    """Return the request in ``data``. Raises RequestError that names the first field that cannot be used."""
    return checked(InfillBody, without_nulls(json_object(data)))


def to_completion(body: InfillBody, status: Status, count_tokens: Callable[[str], int]) -> Completion | None:
    """Return what is to be filled in; None where there is nothing to go on from, as when an editor warms up.

    Of the other files the last are kept, as many as fit. Raises NotReady, ModelNotFound, RequestError.
    """
    check_model(body.model, status)
    check_length("The text", body.input_prefix + body.input_suffix + body.prompt)
    sampling = _sampling(body, status.sampling)
    texts = [body.input_prefix, body.input_suffix, body.prompt]
    room = status.context_tokens - sampling.max_new_tokens - sum(map(count_tokens, texts)) - len(texts)
    extra = "".join(_fitting(body.input_extra, room, count_tokens))
    if not any(text.strip() for text in (extra, *texts)):
        return None
    return Completion(prefix=extra + body.input_prefix, suffix=body.input_suffix, middle=body.prompt, sampling=sampling)


def _fitting(extras: Sequence[Extra], room: int, count_tokens: Callable[[str], int]) -> list[str]:
    kept: list[str] = []
    for extra in reversed(extras):
        text = file_text(extra.filename, extra.text)
        room -= count_tokens(text)
        if room < 0:
            break
        kept.insert(0, text)
    return kept


def _sampling(body: InfillBody, recommended: Sampling) -> Sampling:
    """Return the sampling; of what ``samplers`` does not name, nothing is done."""
    given = {name: getattr(body, name) for name in _SAMPLERS}
    neutral = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0}
    if body.samplers is not None and body.temperature != 0:
        given = {name: value if name in body.samplers else neutral[name] for name, value in given.items()}
    given |= {"repetition_penalty": body.repeat_penalty}
    chosen: dict[str, Any] = {
        name: getattr(recommended, name) if value is None else value for name, value in given.items()
    }
    wanted = body.n_predict
    if wanted is not None and wanted < -1:
        raise FieldRefused("n_predict", "it must be a number of tokens, or -1 for as many as are recommended.")
    return Sampling(
        **chosen,
        max_new_tokens=recommended.max_new_tokens if wanted in (None, -1) else max(1, wanted),
        seed=None if body.seed == -1 else body.seed,
        stop=tuple(body.stop),
    )
