"""Every weight matrix of an architecture, by kind: what memory plan and header check count.

Pure arithmetic; names and shapes follow transformers' native classes, where the experts of a layer are fused.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from deepseek_space.models.shape.architecture import Architecture, Compressed, Latent

Kind = Literal[
    "embedding",  # looked up, never multiplied
    "linear",  # nn.Linear
    "expert",  # a routed expert's matrix, fused with its neighbours into one parameter
    "head",  # lm_head with weights of its own
    "tied head",  # lm_head that shares the embedding: no weights, unless a precision copies them
    "other",  # norms, biases, routers and the latent's up-projection: never quantised
]


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """``count`` matrices of ``rows`` outputs by ``columns`` inputs; a vector has one column."""

    kind: Kind
    rows: int
    columns: int = 1
    count: int = 1

    @property
    def elements(self) -> int:
        """Weights in all ``count`` matrices; a tied head has none of its own."""
        return 0 if self.kind == "tied head" else self.rows * self.columns * self.count


def params_total(matrices: Iterable[Matrix]) -> int:
    """Return how many parameters the matrices hold."""
    return sum(matrix.elements for matrix in matrices)


def matrices(arch: Architecture) -> tuple[Matrix, ...]:
    """Return all weights of ``arch``, as transformers loads them."""
    return (
        Matrix(kind="embedding", rows=arch.vocab, columns=arch.hidden),
        *_attention(arch),
        *_feed_forward(arch),
        Matrix(kind="other", rows=arch.hidden, count=2 * arch.layers + 1),
        *(_hyper_connections(arch, arch.compressed) if arch.compressed else ()),
        Matrix(kind="tied head" if arch.tied else "head", rows=arch.vocab, columns=arch.hidden),
    )


def _linear(rows: int, columns: int, count: int) -> Matrix:
    return Matrix(kind="linear", rows=rows, columns=columns, count=count)


def _attention(arch: Architecture) -> Iterator[Matrix]:
    if arch.compressed:
        yield from _compressed_attention(arch, arch.compressed)
    elif arch.latent:
        yield from _latent_attention(arch, arch.latent)
    else:
        query, key = arch.heads * arch.head_dim, arch.kv_heads * arch.head_dim
        yield _linear(query, arch.hidden, arch.layers)
        yield _linear(key, arch.hidden, 2 * arch.layers)
        yield _linear(arch.hidden, query, arch.layers)
        if arch.qkv_bias:
            output = arch.hidden if arch.output_bias else 0
            yield Matrix(kind="other", rows=query + 2 * key + output, count=arch.layers)
        if arch.qk_norm:
            yield Matrix(kind="other", rows=arch.head_dim, count=2 * arch.layers)


def _latent_attention(arch: Architecture, latent: Latent) -> Iterator[Matrix]:
    layers, query = arch.layers, arch.heads * latent.query_dim
    if latent.q_rank is None:
        yield _linear(query, arch.hidden, layers)
    else:
        yield _linear(latent.q_rank, arch.hidden, layers)
        yield _linear(query, latent.q_rank, layers)
        yield Matrix(kind="other", rows=latent.q_rank, count=layers)
    yield _linear(latent.kv_rank + latent.rope_dim, arch.hidden, layers)
    yield Matrix(kind="other", rows=latent.kv_rank, count=layers)
    # Absorbed attention folds this matrix into the query and the output, so it stays plain.
    expanded = arch.heads * (latent.nope_dim + latent.value_dim)
    yield Matrix(kind="other", rows=expanded, columns=latent.kv_rank, count=layers)
    yield _linear(arch.hidden, arch.heads * latent.value_dim, layers)
    if arch.qkv_bias:
        yield Matrix(
            kind="other", rows=(latent.q_rank or 0) + latent.kv_rank + latent.rope_dim + arch.hidden, count=layers
        )
    if arch.indexer:
        yield _linear(arch.indexer.heads * arch.indexer.dim, latent.q_rank or arch.hidden, layers)
        yield _linear(arch.indexer.dim + arch.indexer.heads, arch.hidden, layers)
        yield Matrix(kind="other", rows=2 * arch.indexer.dim, count=layers)


def _compressed_attention(arch: Architecture, shape: Compressed) -> Iterator[Matrix]:
    layers, query = arch.layers, arch.heads * arch.head_dim
    yield _linear(shape.q_rank, arch.hidden, layers)
    yield _linear(query, shape.q_rank, layers)
    yield _linear(arch.head_dim, arch.hidden, layers)
    yield _linear(shape.output_groups * shape.output_rank, query // shape.output_groups, layers)
    yield _linear(arch.hidden, shape.output_groups * shape.output_rank, layers)
    yield Matrix(kind="other", rows=shape.q_rank + arch.head_dim + arch.heads, count=layers)
    for ratio in (4, 128):
        # CSA compresses overlapping windows, so its projections are twice as wide.
        width = 2 * arch.head_dim if ratio == 4 else arch.head_dim
        count = shape.ratios.count(ratio)
        yield from _compressor(arch, width=width, norm=arch.head_dim, ratio=ratio, count=count)
    if arch.indexer:
        count, dim = shape.ratios.count(4), arch.indexer.dim
        yield from _compressor(arch, width=2 * dim, norm=dim, ratio=4, count=count)
        yield _linear(arch.indexer.heads * dim, shape.q_rank, count)
        yield _linear(arch.indexer.heads, arch.hidden, count)


def _compressor(arch: Architecture, *, width: int, norm: int, ratio: int, count: int) -> Iterator[Matrix]:
    yield _linear(width, arch.hidden, 2 * count)
    yield Matrix(kind="other", rows=ratio * width + norm, count=count)


def _feed_forward(arch: Architecture) -> Iterator[Matrix]:
    dense = arch.layers - arch.expert_layers
    yield from _swiglu(arch.hidden, arch.ffn, dense, bias=arch.mlp_bias)
    if experts := arch.experts:
        count = arch.expert_layers
        yield Matrix(kind="expert", rows=2 * experts.width, columns=arch.hidden, count=count * experts.routed)
        yield Matrix(kind="expert", rows=arch.hidden, columns=experts.width, count=count * experts.routed)
        yield from _swiglu(arch.hidden, experts.shared * experts.width, count, bias=arch.mlp_bias)
        yield Matrix(kind="other", rows=experts.routed, columns=arch.hidden, count=count)


def _swiglu(hidden: int, width: int, count: int, *, bias: bool = False) -> Iterator[Matrix]:
    yield _linear(width, hidden, 2 * count)
    yield _linear(hidden, width, count)
    if bias:
        yield Matrix(kind="other", rows=2 * width + hidden, count=count)


def _hyper_connections(arch: Architecture, shape: Compressed) -> Iterator[Matrix]:
    # Per block n reads, n writes and an n x n mix of the n streams, each with a base; three scales.
    mixes = shape.streams * (2 + shape.streams)
    wide = shape.streams * arch.hidden
    yield Matrix(kind="other", rows=mixes * (wide + 1) + 3, count=2 * arch.layers)
    yield Matrix(kind="other", rows=shape.streams * (wide + 1) + 1)
