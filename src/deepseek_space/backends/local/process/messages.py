"""What the app and its model's process say to each other: a line of JSON each, plain values alone.

Not pickles: a file that breaks llama.cpp would have the app in its hands by them.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from math import inf
from typing import Any

import orjson

from deepseek_space.engine.guide import Guide, GuideRecipe
from deepseek_space.engine.reply import Finished, Job, RowEvent, Scores, Token, TokenScore
from deepseek_space.errors import SpaceError, error_from_json, error_to_json
from deepseek_space.events import Loading, Prefill, Queued
from deepseek_space.models.loaded_model import LoadedModel
from deepseek_space.sentences import from_json, to_json
from deepseek_space.types import Constraint, Penalties, Sampling


def to_line(message: Mapping[str, Any]) -> bytes:
    """Return ``message`` as it goes through the pipe."""
    return orjson.dumps(message) + b"\n"


def job_to_json(job: Job) -> dict[str, Any]:
    """Return ``job`` as plain values, its guide as the recipe for it."""
    recipe = job.guide.recipe if job.guide else None
    return {
        "recipe": recipe and asdict(recipe),
        "prompt": job.prompt,
        "sampling": asdict(job.sampling),
        "stop_ids": sorted(job.stop_ids),
        "scope": job.scope,
        "penalties": asdict(job.penalties),
        "said": job.said,
        "top_logprobs": job.top_logprobs,
        "scores_prompt": job.scores_prompt,
    }


def job_from_json(values: Mapping[str, Any], *, guide_of: Callable[[GuideRecipe], Guide]) -> Job:
    """Return the job that ``job_to_json`` wrote, its guide made anew by ``guide_of``."""
    recipe = values["recipe"]
    sampling, penalties = values["sampling"], values["penalties"]
    bias = tuple((token, value) for token, value in penalties["bias"])
    return Job(
        prompt=tuple(values["prompt"]),
        sampling=Sampling(**sampling | {"stop": tuple(sampling["stop"])}),
        stop_ids=frozenset(values["stop_ids"]),
        scope=values["scope"],
        penalties=Penalties(presence=penalties["presence"], frequency=penalties["frequency"], bias=bias),
        said=tuple(values["said"]),
        top_logprobs=values["top_logprobs"],
        scores_prompt=values["scores_prompt"],
        guide=guide_of(_recipe_from_json(recipe)) if recipe else None,
    )


def _recipe_from_json(values: Mapping[str, Any]) -> GuideRecipe:
    constraint = Constraint(**values["constraint"]) if values["constraint"] else None
    return replace(GuideRecipe(**values), constraint=constraint)


def vocabulary_of(loaded: LoadedModel) -> dict[str, Any]:
    """Return what guides for replies of ``loaded`` are made with; see ``child.Guides``."""
    tokenizer: Any = loaded.tokenizer
    return {
        "tokenizer": tokenizer.backend_tokenizer.to_str(),
        "size": loaded.vocab_size,
        "stop_ids": sorted(loaded.stop_ids),
    }


def loading_to_json(loading: Loading) -> list[Any]:
    """Return ``loading`` as a short list."""
    return [to_json(loading.stage), loading.done, loading.total, loading.unit]


def loading_from_json(values: list[Any]) -> Loading:
    """Return what ``loading_to_json`` wrote."""
    stage, done, total, unit = values
    return Loading(stage=from_json(stage), done=done, total=total, unit=unit)


def event_to_json(event: RowEvent | SpaceError) -> list[Any]:
    """Return ``event`` as a short list whose first entry is its kind."""
    match event:
        case Token(id=token, score=score):
            return ["t", token, score and _score_to_json(score)]
        case Scores(tokens=tokens, of_prompt=of_prompt):
            return ["s", [_score_to_json(token) for token in tokens], of_prompt]
        case Prefill(read=read, total=total):
            return ["p", read, total]
        case Queued(position=position):
            return ["q", position]
        case Finished(reason=reason):
            return ["f", reason]
    return ["e", error_to_json(event)]


def event_from_json(values: list[Any]) -> RowEvent | SpaceError:
    """Return the event that ``event_to_json`` wrote."""
    match values:
        case ["t", token, score]:
            return Token(id=token, score=score and _score_from_json(score))
        case ["s", tokens, of_prompt]:
            return Scores(tokens=tuple(_score_from_json(token) for token in tokens), of_prompt=of_prompt)
        case ["p", read, total]:
            return Prefill(read=read, total=total)
        case ["q", position]:
            return Queued(position=position)
        case ["f", reason]:
            return Finished(reason=reason)
        case ["e", error]:
            return error_from_json(error)
    raise ValueError(f"no event: {values!r:.80}")


def _score_to_json(score: TokenScore) -> list[Any]:
    return [score.id, score.logprob, score.top]


def _score_from_json(values: list[Any]) -> TokenScore:
    token, logprob, top = values
    return TokenScore(id=token, logprob=_number(logprob), top=tuple((other, _number(value)) for other, value in top))


def _number(value: float | None) -> float:
    return -inf if value is None else value  # JSON has no infinity
