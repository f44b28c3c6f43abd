"""How a GGUF file turns positions, as ``rope_parameters`` of a configuration: honoured exactly, or refused by name.

The factors of Llama 3 are stored as a tensor instead of the values they follow from; they are found again here.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from deepseek_space.errors import Unsupported

# Llama 3's: low and high frequency factor, and the context that it was trained for first.
_LLAMA3 = (1.0, 4.0, 8192)


def rope_parameters(name: str, kind: str, values: Mapping[str, Any], factors: np.ndarray | None) -> dict[str, Any]:
    """Return the rope parameters of the file called ``name``, of architecture ``kind``.

    ``factors`` is its tensor rope_freqs.weight, by which each frequency is divided. Raises Unsupported.
    """

    def scaling(key: str, default: Any) -> Any:
        return values.get(f"{kind}.rope.scaling.{key}", default)

    theta = values.get(f"{kind}.rope.freq_base", 10_000.0)
    linear = values.get(f"{kind}.rope.scale_linear", 1.0)
    method = scaling("type", "linear" if linear != 1 else "none")
    factor = scaling("factor", linear)
    if factors is not None and not np.all(factors == 1):
        if method != "none":
            raise Unsupported(
                "{name} scales positions by {method} and by a tensor at once; take the original.",
                name=name,
                method=repr(method),
            )
        return _llama3(name, theta, factors)
    if method == "none" or factor == 1:
        return {"rope_type": "default", "rope_theta": theta}
    if method == "linear" and scaling("attn_factor", 1.0) == 1:
        return {"rope_type": "linear", "rope_theta": theta, "factor": factor}
    if method == "yarn" and scaling("yarn_ext_factor", 1.0) == 1 and scaling("yarn_log_multiplier", 0.0) == 0:
        return {
            "rope_type": "yarn",
            "rope_theta": theta,
            "factor": factor,
            "original_max_position_embeddings": scaling("original_context_length", 0) or None,
            "beta_fast": scaling("yarn_beta_fast", 32.0),
            "beta_slow": scaling("yarn_beta_slow", 1.0),
            # The file's factor multiplies YaRN's own.
            "attention_factor": (0.1 * math.log(factor) + 1) * scaling("attn_factor", scaling("yarn_attn_factor", 1.0)),
        }
    raise Unsupported(
        "{name} scales positions by {method} in a way that is not computed here; take the original.",
        name=name,
        method=repr(method),
    )


def _llama3(name: str, theta: float, factors: np.ndarray) -> dict[str, Any]:
    factor = round(float(factors.max()), 4)
    low, high, original = _LLAMA3
    frequencies = theta ** (-np.arange(len(factors)) / len(factors))
    turns = original * frequencies / (2 * math.pi)  # within the first context
    smooth = np.clip((turns - low) / (high - low), 0, 1)
    expected = 1 / ((1 - smooth) / factor + smooth)
    if not np.allclose(factors, expected, rtol=1e-4):
        raise Unsupported(
            "{name} holds rope_freqs.weight with factors that are not Llama 3's; take the original checkpoint.",
            name=name,
        )
    return {
        "rope_type": "llama3",
        "rope_theta": theta,
        "factor": factor,
        "low_freq_factor": low,
        "high_freq_factor": high,
        "original_max_position_embeddings": original,
    }
