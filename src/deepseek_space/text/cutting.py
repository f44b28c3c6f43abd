"""A text on which a tokenizer gives up, told as an error of ours. Knows no tokenizer.

The patterns by which texts are cut come with a checkpoint, and some take exponential time on some texts. The library
stops them after a while, but by a panic: what it raises is no ``Exception`` and would pass all that handles one.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from deepseek_space.errors import RequestError

P = ParamSpec("P")
R = TypeVar("R")

GIVES_UP = (
    "The model's tokenizer gives up on this text: its pattern takes too long for a part of it. Leave out what repeats "
    "itself, or load another model."
)


def if_it_can_be_cut(method: Callable[P, R]) -> Callable[P, R]:
    """Return ``method`` with the library's panic raised as RequestError."""

    @wraps(method)
    def checked(*args: P.args, **values: P.kwargs) -> R:
        try:
            return method(*args, **values)
        except BaseException as error:
            if type(error).__name__ != "PanicException":  # pyo3 gives its class no place to import it from
                raise
            raise RequestError(GIVES_UP) from None

    return checked
