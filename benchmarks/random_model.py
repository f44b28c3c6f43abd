"""Random bf16 weights in a published shape, with fewer layers: as fast as the real ones, and nothing to say."""

from pathlib import Path

import measure  # noqa: F401 - makes the project importable from a checkout
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from config_values import config_values
from deepseek_space.models.catalog import find

SHAPES = {"distill-1.5b": ("r1-distill-qwen-1.5b", 28), "v2-lite": ("deepseek-v2-lite-chat", 4)}
# Drawn once and repeated: drawing billions takes longer than measuring them. A prime, so that no two rows are equal.
NOISE_ELEMENTS = 15_485_863
TINY_SHAPE = {"hidden_size": 256, "intermediate_size": 512, "vocab_size": 2048, "num_hidden_layers": 2}
TINY_EXPERTS = {"moe_intermediate_size": 128, "n_routed_experts": 8}


def save(
    folder: Path,
    name: str,
    *,
    layers: int = 0,
    tiny: bool = False,
    tokenizer: PreTrainedTokenizerBase | None = None,
) -> Path:
    """Save the shape ``name`` with ``layers`` layers (0: what SHAPES says), every other size cut down if ``tiny``.

    Its tokenizer is one of bytes where no other is given. Returns ``folder``.
    """
    published, few_layers = SHAPES[name]
    values = config_values(find(published).architecture) | {"num_hidden_layers": layers or few_layers}
    if tiny:
        values |= TINY_SHAPE | (TINY_EXPERTS if "n_routed_experts" in values else {})
    config = AutoConfig.for_model(values.pop("model_type"), **values)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    model = model.to_empty(device="cpu")
    noise = torch.empty(NOISE_ELEMENTS).normal_(0, 0.02).bfloat16()
    for key, parameter in model.named_parameters():
        if "norm" in key:
            parameter.data.fill_(1)
        else:
            for part in parameter.data.view(-1).split(NOISE_ELEMENTS):
                part.copy_(noise[: len(part)])
    model.save_pretrained(folder, max_shard_size="1GB")
    (tokenizer or PreTrainedTokenizerFast(tokenizer_object=byte_tokenizer())).save_pretrained(folder)
    return folder


def byte_tokenizer() -> Tokenizer:
    """Return a tokenizer of bytes: random weights have no words."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={symbol: index for index, symbol in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer
