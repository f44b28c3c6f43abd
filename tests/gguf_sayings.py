"""What a GGUF file can say of a model, beside the configuration that says the same to transformers."""

from typing import Any

import numpy as np

ROPE = {"rope_theta": 10_000.0}
LINEAR = {"rope.scaling.type": "linear", "rope.scaling.factor": 4.0}
YARN = {
    "rope.scaling.type": "yarn",
    "rope.scaling.factor": 4.0,
    "rope.scaling.original_context_length": 64,
    "rope.scaling.attn_factor": 0.8782488562869419,
}


def llama3_factors(width: int, *, factor: float) -> np.ndarray:
    frequencies = 10_000.0 ** (-np.arange(0, width, 2) / width)
    wavelengths = 2 * np.pi / frequencies
    smooth = (8192 / wavelengths - 1) / (4 - 1)
    between = 1 / ((1 - smooth) / factor + smooth)
    return np.select([wavelengths < 8192 / 4, wavelengths > 8192], [1, factor], between).astype(np.float32)


LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
# Architecture, changes of its configuration, values and further tensors of the file.
SAYINGS: dict[str, tuple[str, dict[str, Any], dict[str, Any], dict[str, np.ndarray]]] = {
    "llama": ("llama-mha", {}, {}, {}),
    "llama with few heads for keys": ("llama-mqa", {}, {}, {}),
    "qwen2": ("qwen2-gqa", {}, {}, {}),
    "qwen3": ("qwen3-gqa", {}, {"attention.key_length": 16, "attention.value_length": 16}, {}),
    "tied head": ("llama-mha", {"tie_word_embeddings": True}, {}, {}),
    "biases": ("llama-mha", {"attention_bias": True}, {}, {}),
    "biases of the feed-forward layers": ("llama-mha", {"mlp_bias": True}, {}, {}),
    "linear scaling": ("llama-mha", {"rope_parameters": ROPE | {"rope_type": "linear", "factor": 4.0}}, LINEAR, {}),
    "linear scaling, in the old words": (
        "llama-mha",
        {"rope_parameters": ROPE | {"rope_type": "linear", "factor": 4.0}},
        {"rope.scale_linear": 4.0},
        {},
    ),
    "yarn": (
        "qwen2-gqa",
        {
            "rope_parameters": ROPE
            | {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64, "attention_factor": 1.0}
        },
        YARN,
        {},
    ),
    "Llama 3's factors": (
        "llama-mha",
        {
            "max_position_embeddings": 65_536,
            "rope_parameters": ROPE | LLAMA3 | {"original_max_position_embeddings": 8192},
        },
        {},
        {"rope_freqs.weight": llama3_factors(16, factor=8.0)},
    ),
}
