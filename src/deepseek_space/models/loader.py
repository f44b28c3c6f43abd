"""A checkpoint in a local folder becomes a model and its tokenizer, at one precision, on one device.

Knows no catalogue, no download and no plan: whoever calls has chosen. Reads nothing from the network.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationConfig,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from deepseek_space.errors import Cancelled, LoadFailed, NotACheckpoint
from deepseek_space.types import Loading

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
TURN_ENDERS = ("<|EOT|>", "<|im_end|>", "<|eot_id|>", "<｜end▁of▁sentence｜>")


@dataclass(frozen=True, kw_only=True)
class LoadedModel:
    """A model in eval mode on its device, and what is needed to speak with it."""

    name: str
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    precision: str
    device: str
    context_tokens: int
    stop_ids: frozenset[int]
    weight_bytes: int


def load(
    folder: Path,
    *,
    name: str,
    precision: str,
    device: str,
    context_tokens: int = 0,
    extra_stop: tuple[str, ...] = (),
    gguf_file: str = "",
    trust_remote_code: bool = False,
    progress: Callable[[Loading], None],
    cancelled: Callable[[], bool],
) -> LoadedModel:
    """Return the checkpoint in ``folder``, loaded.

    Raises NotACheckpoint, LoadFailed and Cancelled.
    """
    if not (folder / "config.json").is_file():
        raise NotACheckpoint(f"{folder} holds no config.json; give the folder of a transformers checkpoint.")
    progress(Loading(stage=f"Loading {name}"))
    try:
        config = AutoConfig.from_pretrained(folder, trust_remote_code=trust_remote_code)
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=trust_remote_code)
        model = AutoModelForCausalLM.from_pretrained(
            folder, config=config, dtype=DTYPES[precision], attn_implementation="sdpa"
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise LoadFailed(f"{name} could not be loaded from {folder}: {error}") from error
    if cancelled():
        raise Cancelled(f"Loading {name} was stopped.")
    return LoadedModel(
        name=name,
        model=model.to(device).eval(),
        tokenizer=tokenizer,
        precision=precision,
        device=device,
        context_tokens=context_tokens or config.max_position_embeddings,
        stop_ids=_stop_ids(folder, config, tokenizer, extra_stop),
        weight_bytes=sum(t.nbytes for t in (*model.parameters(), *model.buffers())),
    )


def _stop_ids(
    folder: Path, config: PreTrainedConfig, tokenizer: PreTrainedTokenizerBase, extra_stop: tuple[str, ...]
) -> frozenset[int]:
    try:
        published = GenerationConfig.from_pretrained(folder).eos_token_id
    except OSError:
        published = config.eos_token_id
    ids = {published} if isinstance(published, int) else set(published or ())
    added = tokenizer.get_added_vocab()
    ids |= {added[token] for token in (*TURN_ENDERS, *extra_stop) if token in added}
    return frozenset(ids | {tokenizer.eos_token_id} - {None})
