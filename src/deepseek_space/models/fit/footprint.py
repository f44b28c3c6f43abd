"""How many bytes a model takes: weights by precision, cache by context, working space by shape. Arithmetic only.

Sources: the cache of latent attention from the DeepSeek-V2 paper (section 2.1), 4-bit blocks from QLoRA (section 3).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from deepseek_space.models.shape.architecture import Architecture
from deepseek_space.models.shape.checkpoint import Checkpoint
from deepseek_space.models.shape.weights import Matrix

CPU_CHUNK_TOKENS = 1024
"""Most prompt tokens that are read in one forward pass on a CPU."""
GPU_CHUNK_TOKENS = 2048
"""The same on a card."""

ROUNDING_BYTES = 12_000_000
"""What two cores take beside the weights while these are rounded to 4 bits, measured: matrices in flight, scratch."""

CUDA_CONTEXT_BYTES = 512 * 2**20
"""What the driver and its libraries take on a card before the first tensor; rounded up from common figures."""


INT8_ROW_BYTES = 8
"""On a CPU int8 keeps a scale and a column sum for each output row."""
EMBEDDING_ROW_BYTES = 4
"""A quantised embedding keeps one fp32 scale for each row."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What one precision stores. Experts and linear layers are quantised; norms and routers are not.

    ``weight_bytes`` is per quantised weight, its share of any block scale included, ``row_bytes`` per output row.
    ``kept_bytes`` is per weight that stays as it is, ``element_bytes`` per number in cache and activations.
    A quantised head or (untied) embedding is int8 whatever the precision of the rest.
    """

    weight_bytes: float
    row_bytes: int = 0
    kept_bytes: int = 2
    element_bytes: int = 2
    quantises_embedding: bool = False
    quantises_head: bool = False


_PLAIN = {
    "fp32": Rule(weight_bytes=4, kept_bytes=4, element_bytes=4),
    "bf16": Rule(weight_bytes=2),
    "fp16": Rule(weight_bytes=2),
}
_INT8 = Rule(weight_bytes=1, row_bytes=4, quantises_embedding=True)  # bitsandbytes: one fp32 maximum per row
_FOUR_BIT = Rule(weight_bytes=0.5 + 4 / 64, quantises_embedding=True)  # one fp32 maximum per 64 weights
_INT8_CPU = replace(_INT8, row_bytes=INT8_ROW_BYTES, quantises_head=True)
# bitsandbytes' AVX-512 layout keeps the maxima in bf16.
_FOUR_BIT_AVX512 = replace(_FOUR_BIT, weight_bytes=0.5 + 2 / 64)


def rule(precision: str, *, on_cpu: bool, cpu_features: frozenset[str] = frozenset()) -> Rule:
    """Return what ``precision`` means there. KeyError for one that does not exist."""
    if precision in _PLAIN:
        return _PLAIN[precision]
    if not on_cpu:
        return {"int8": _INT8, "nf4": _FOUR_BIT, "fp4": _FOUR_BIT}[precision]
    four_bit = _FOUR_BIT_AVX512 if "avx512_bf16" in cpu_features else _FOUR_BIT
    # The fast int8 product, which the head takes too, needs AVX2.
    four_bit = replace(four_bit, quantises_head="avx2" in cpu_features)
    return {"int8": _INT8_CPU, "nf4": four_bit, "fp4": four_bit}[precision]


def weight_bytes(matrices: Sequence[Matrix], by: Rule) -> int:
    """Return the bytes of all weights once they are loaded."""
    is_tied = any(matrix.kind == "tied head" for matrix in matrices)
    return round(sum(matrix.count * _matrix_bytes(matrix, by, is_tied=is_tied) for matrix in matrices))


def _matrix_bytes(matrix: Matrix, by: Rule, *, is_tied: bool) -> float:
    rows, columns = matrix.rows, matrix.columns
    if matrix.kind in ("linear", "expert"):
        return rows * (columns * by.weight_bytes + by.row_bytes)
    if matrix.kind in ("head", "tied head") and by.quantises_head:
        return rows * (columns + INT8_ROW_BYTES)
    if matrix.kind == "embedding" and by.quantises_embedding and not is_tied:
        return rows * (columns + EMBEDDING_ROW_BYTES)
    # A tied head has no weights of its own; where it is quantised above, it is a copy.
    return 0 if matrix.kind == "tied head" else rows * columns * by.kept_bytes


def kv_bytes(arch: Architecture, tokens: int, *, element_bytes: int = 2) -> int:
    """Return the bytes that one conversation of ``tokens`` tokens keeps in the cache, all layers."""
    if arch.compressed:
        window = min(tokens, arch.compressed.window) * arch.head_dim * arch.layers
        return round((window + tokens * _compressed_elements(arch)) * element_bytes)
    return tokens * kv_bytes_per_token(arch, element_bytes=element_bytes)


def kv_bytes_per_token(arch: Architecture, *, element_bytes: int = 2) -> int:
    """Return what each further token adds to the cache.

    MHA, GQA and MQA: a key and a value per key-value head. MLA: the latent and the one RoPE key, plus the
    indexer's key in V3.2. V4: one entry per 4 or 128 tokens; its windows come on top (``kv_bytes``).
    """
    if arch.compressed:
        return round(_compressed_elements(arch) * element_bytes)
    if arch.latent:
        width = arch.latent.kv_rank + arch.latent.rope_dim + (arch.indexer.dim if arch.indexer else 0)
    else:
        width = 2 * arch.kv_heads * arch.head_dim
    return arch.layers * width * element_bytes


def _compressed_elements(arch: Architecture) -> float:
    ratios = arch.compressed.ratios
    index_dim = arch.indexer.dim if arch.indexer else 0
    return ratios.count(4) * (arch.head_dim + index_dim) / 4 + ratios.count(128) * arch.head_dim / 128


def workspace_bytes(checkpoint: Checkpoint, tokens: int, by: Rule, *, on_cuda: bool = False) -> int:
    """Return what a forward pass needs besides weights and cache, at its peak.

    That peak is one layer reading a whole chunk at the end of a context of ``tokens``: the
    activations of the chunk, its causal mask, the keys and values of one layer repeated
    for all heads or expanded from the latent, and the float32 logits of the one last position.
    4-bit weights add the matrix that is unpacked for a long prompt, one at a time; before that, while the model
    loads, rounding them takes its part of the same space. Absorbed attention keeps a dense copy of each layer's
    up-projection from the first token that it decodes on.
    """
    arch = checkpoint.architecture
    chunk = min(GPU_CHUNK_TOKENS if on_cuda else CPU_CHUNK_TOKENS, tokens)
    total = chunk * _activation_width(arch) * by.element_bytes
    total += (chunk * tokens + _attended_elements(arch, tokens)) * by.element_bytes
    total += 2 * arch.vocab * 4
    total += _up_projections(arch) * by.kept_bytes
    if by.weight_bytes < 1:
        total = max(total + _largest(checkpoint.matrices) * 2, ROUNDING_BYTES)
    return total + (CUDA_CONTEXT_BYTES if on_cuda else 0)


def _activation_width(arch: Architecture) -> int:
    """Numbers per token that live at once: residual, normed copy, block output; then the wider of two blocks."""
    streams = arch.compressed.streams if arch.compressed else 1
    query = arch.latent.query_dim if arch.latent else arch.head_dim
    attention = 4 * arch.heads * query
    forward = 3 * arch.ffn
    if experts := arch.experts:
        routed = experts.active * (3 * experts.width + 2 * arch.hidden)
        forward = max(forward, routed + 3 * experts.shared * experts.width)
    return (2 + 2 * streams) * arch.hidden + max(attention, forward)


def _attended_elements(arch: Architecture, tokens: int) -> int:
    if arch.compressed:
        return 2 * tokens * arch.head_dim
    if arch.latent:
        # The fused kernels want values as wide as keys.
        return 2 * tokens * arch.heads * arch.latent.query_dim
    return 0 if arch.kv_heads == arch.heads else 2 * tokens * arch.heads * arch.head_dim


def _up_projections(arch: Architecture) -> int:
    if not arch.latent:
        return 0
    return arch.layers * arch.heads * (arch.latent.nope_dim + arch.latent.value_dim) * arch.latent.kv_rank


def _largest(matrices: Iterable[Matrix]) -> int:
    return max((m.rows * m.columns for m in matrices if m.kind in ("linear", "expert")), default=0)
