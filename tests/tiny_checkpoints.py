"""A small random checkpoint on disk, as the app would find it, with a tokenizer in DeepSeek's manner."""

from pathlib import Path

import torch
from transformers import PreTrainedModel, Qwen2Config, Qwen2ForCausalLM

from tiny_tokenizers import deepseek_tokenizer

CHAT_TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}{{ '<｜User｜>' if m.role == 'user' else '<｜Assistant｜>' }}{{ m.content }}"
    "{% endfor %}<｜Assistant｜>"
)


def tiny_chat_model(*, hidden_size: int = 64, layers: int = 2, context_tokens: int = 512) -> PreTrainedModel:
    """Return a random Qwen2 over the vocabulary of ``deepseek_tokenizer``; its replies vary."""
    tokenizer = deepseek_tokenizer(chat_template=CHAT_TEMPLATE)
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=hidden_size,
        intermediate_size=3 * hidden_size,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=context_tokens,
        initializer_range=0.25,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    return Qwen2ForCausalLM(config).eval()


def save_checkpoint(folder: Path, *, hidden_size: int = 64, layers: int = 2, context_tokens: int = 512) -> Path:
    """Write model and tokenizer to ``folder`` and return it."""
    tiny_chat_model(hidden_size=hidden_size, layers=layers, context_tokens=context_tokens).save_pretrained(folder)
    deepseek_tokenizer(chat_template=CHAT_TEMPLATE).save_pretrained(folder)
    return folder
