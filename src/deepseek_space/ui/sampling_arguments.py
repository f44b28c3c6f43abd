"""The parameters of sampling as arguments of a public endpoint, from one table for all of them. Knows no endpoint."""

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from deepseek_space.types import Sampling

T = TypeVar("T")
Chosen = dict[str, Any]
"""What a caller gave for each parameter, by name: any JSON, None for what was left out."""

_MEANINGS = {
    "temperature": "0 always takes the likeliest token; higher is more varied",
    "top_p": "choose among the likeliest tokens that make up this share",
    "top_k": "choose among this many of the likeliest tokens; 0: all",
    "min_p": "drop tokens less likely than this share of the likeliest",
    "repetition_penalty": "above 1, words already used become less likely",
    "max_new_tokens": "the {text} ends here at the latest{thoughts}",
    "seed": "the same seed gives the same text; null: a new one each time",
    "stop": "the {text} ends before any of these strings; one may stand without a list",
}


def with_sampling(function: Callable[..., Iterator[T]], *, text: str, thinks: bool) -> Callable[..., Iterator[T]]:
    """Return ``function``, which takes ``chosen``, as Gradio is to publish it: with an argument for each parameter.

    Gradio reads names, types and defaults from the signature, and what they mean from the docstring; ``text`` is what
    the endpoint writes, and ``thinks`` whether thoughts may come before it.
    """
    own = inspect.signature(function)
    kept = [parameter for name, parameter in own.parameters.items() if name != "chosen"]
    signature = own.replace(parameters=[*kept, *map(_parameter, _MEANINGS)])

    @functools.wraps(function)
    def endpoint(*given: Any, **named: Any) -> Iterator[T]:
        bound = signature.bind(*given, **named)
        bound.apply_defaults()
        values = bound.arguments
        chosen = {name: values.pop(name) for name in _MEANINGS}
        yield from function(**values, chosen=chosen)

    endpoint.__signature__ = signature
    endpoint.__annotations__ = {name: parameter.annotation for name, parameter in signature.parameters.items()}
    words = {"text": text, "thoughts": ", thoughts included" if thinks else ""}
    lines = (f"    {name}: {meaning.format(**words)}" for name, meaning in _MEANINGS.items())
    endpoint.__doc__ = "\n".join((inspect.getdoc(function) or "", *lines))
    return endpoint


def _parameter(name: str) -> inspect.Parameter:
    if name == "stop":
        annotation, default = list[str], []
    else:
        is_whole = all(isinstance(limit, int) for limit in Sampling.LIMITS[name])
        annotation, default = (int | None) if is_whole else (float | None), None
    return inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=annotation, default=default)
