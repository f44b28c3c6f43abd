"""One forward pass for all rows: the next chunk of prompts and next token of others, packed.

Knows nothing about requests, sampling or where the rows came from.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel

from deepseek_space.engine import fused_linear, gqa, mla
from deepseek_space.engine.attention import Batch, Span
from deepseek_space.engine.kv_cache import KVCache
from deepseek_space.errors import Unsupported

MODEL_TYPES = ("llama", "qwen2", "qwen3", "deepseek_v2", "deepseek_v3")


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """Token ids that one row reads in this step; ``wants_logits`` if the row's next token is chosen after them.

    ``scores_all`` asks for the logits after each of the ids, also where none is chosen.

    ``draft`` are guesses at the ids after them: the logits after each guess are given as well, and their entries are
    written but not counted, so that ``KVCache.advance`` takes the right ones and the next step overwrites the others.
    """

    cache: KVCache
    ids: Sequence[int]
    wants_logits: bool
    draft: Sequence[int] = ()
    scores_all: bool = False

    @property
    def num_tokens(self) -> int:
        """Return how many tokens are read."""
        return len(self.ids) + len(self.draft)

    @property
    def num_logits(self) -> int:
        """Return after how many of the tokens, the last ones, logits are wanted."""
        if self.scores_all:
            return self.num_tokens
        return 1 + len(self.draft) if self.wants_logits else 0


def prepare(model: PreTrainedModel, progress: Callable[[int, int], None] = lambda done, total: None) -> PreTrainedModel:
    """Fit ``model`` for packed steps, once after loading, and return it. Its own ``generate`` no longer works then.

    ``progress`` hears before each layer how many are done, of how many, and may end the work by raising.
    Raises Unsupported for attention that is computed in another way than here.
    """
    config = model.config
    if config.model_type not in MODEL_TYPES or "sliding_attention" in (getattr(config, "layer_types", None) or ()):
        raise Unsupported(
            "The attention of this {kind} model is not computed here; choose a model with full or latent "
            "attention, such as the R1 distills, LLM, Coder, V2 or V3.",
            kind=repr(config.model_type),
        )
    # Latent layers find their attention by this name; and no mask is built, as the batch's spans bring theirs.
    AttentionInterface.register("packed", mla.packed_latent_attention)
    AttentionMaskInterface.register("packed", lambda *args, **kwargs: None)
    model.set_attn_implementation("packed")
    base: Any = model.base_model
    layers = base.layers
    for done, layer in enumerate(layers):
        progress(done, len(layers))
        if not mla.install(layer):
            gqa.install(layer)
        fused_linear.join_gates(layer)
        fused_linear.pack(layer)
    fused_linear.pack(model)  # what is left: the head
    return model


@torch.inference_mode()
def step(
    model: PreTrainedModel, chunks: Sequence[Chunk], *, is_abandoned: Callable[[], bool] = lambda: False
) -> torch.Tensor:
    """Read all ``chunks`` and return the logits [sum of their ``num_logits``, vocabulary] in float32, in their order.

    The caches are advanced if and only if the whole pass went well.
    Raises StepAbandoned within one layer once ``is_abandoned`` says that nobody waits for the result.
    """
    spans, start = [], 0
    for chunk in chunks:
        spans.append(Span(cache=chunk.cache, start=start, stop=start + chunk.num_tokens))
        start = spans[-1].stop
    device = input_device(model)
    ids = torch.tensor([[token for chunk in chunks for token in (*chunk.ids, *chunk.draft)]], device=device)
    positions = [position for span in spans for position in _positions(span)]
    last_tokens = [
        token
        for span, chunk in zip(spans, chunks, strict=True)
        for token in range(span.stop - chunk.num_logits, span.stop)
    ]
    base: Any = model.base_model
    head: Any = model.get_output_embeddings()
    hidden = base(
        input_ids=ids,
        position_ids=torch.tensor([positions], device=device),
        use_cache=False,
        batch=Batch(spans=tuple(spans), is_abandoned=is_abandoned),
    ).last_hidden_state
    logits = head(hidden[0, last_tokens]).float() if last_tokens else hidden.new_empty(0, 0)
    for chunk in chunks:
        chunk.cache.advance(len(chunk.ids))
    return logits


def input_device(model: PreTrainedModel) -> torch.device:
    """Return where token ids go; an offloaded model takes them on the CPU and moves them itself."""
    return torch.device("cpu") if model.device.type == "meta" else model.device


def _positions(span: Span) -> range:
    return range(span.cache.length, span.cache.length + span.num_tokens)
