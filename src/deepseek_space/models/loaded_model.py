"""A model that is ready to answer, and what is needed to speak with it. Imports no torch."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True, kw_only=True)
class LoadedModel:
    """A model in eval mode on its device; ``model`` None: it is in another process.

    ``precision`` is never "auto"; ``weight_bytes`` counts parameters, buffers and packed weights as they are.
    ``vocab_size`` is how many scores the model gives, which may be more than there are tokens.
    """

    name: str
    model: "PreTrainedModel | None"
    tokenizer: "PreTrainedTokenizerBase"
    precision: str
    device: str
    context_tokens: int
    stop_ids: frozenset[int]
    weight_bytes: int
    vocab_size: int = 0
