"""The shape of a model: what its parameters, its cache and its configuration follow from.

Knows nothing of weights, checkpoints, files or any library.
"""

from dataclasses import dataclass
from typing import Literal

from deepseek_space.sentences import Sentence

RopeKind = Literal["default", "linear", "llama3", "yarn"]

COMPUTED = ("llama", "qwen2", "qwen3", "deepseek_v2", "deepseek_v3")
"""Model types whose attention the engine computes: full and latent."""


@dataclass(frozen=True, kw_only=True)
class Rope:
    """Rotary position embedding and how it is stretched beyond ``original_context`` tokens."""

    theta: float = 10_000.0
    kind: RopeKind = "default"
    factor: float = 1.0
    original_context: int | None = None
    mscale: float | None = None
    attention_factor: float | None = None


@dataclass(frozen=True, kw_only=True)
class Latent:
    """Multi-head latent attention: ranks and per-head widths. ``q_rank`` None projects the query directly."""

    kv_rank: int = 512
    q_rank: int | None = 1536
    nope_dim: int = 128
    rope_dim: int = 64
    value_dim: int = 128

    @property
    def query_dim(self) -> int:
        """Width of one query or key head, position part included."""
        return self.nope_dim + self.rope_dim


@dataclass(frozen=True, kw_only=True)
class Experts:
    """Mixture-of-experts layers: all but the first ``dense_layers``."""

    routed: int
    shared: int
    active: int
    width: int
    dense_layers: int = 0
    groups: int = 1
    active_groups: int = 1
    scale: float = 1.0
    normalised: bool = False


@dataclass(frozen=True, kw_only=True)
class Indexer:
    """The lightning indexer of sparse attention: which ``top_k`` past entries a query looks at."""

    heads: int = 64
    dim: int = 128
    top_k: int = 2048


@dataclass(frozen=True, kw_only=True)
class Compressed:
    """V4's attention: a sliding window plus, where ``ratios`` is not 0, one entry per that many tokens.

    Layers with ratio 4 are CSA and own an indexer; those with 128 are HCA.
    ``streams`` is the width of the hyper-connections, ``hash_layers`` route by token id.
    """

    ratios: tuple[int, ...]
    q_rank: int
    output_rank: int = 1024
    output_groups: int = 8
    window: int = 128
    rope_dim: int = 64
    rope_theta: float = 160_000.0
    streams: int = 4
    hash_layers: int = 3


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """A decoder-only transformer. Widths in elements, ``max_positions`` in tokens.

    ``ffn`` is the width of a dense feed-forward layer, 0 where every layer has experts. ``is_windowed`` says that
    some layers look no further back than a sliding window.
    """

    model_type: str
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    ffn: int
    vocab: int
    max_positions: int
    rope: Rope = Rope()
    tied: bool = False
    qkv_bias: bool = False
    mlp_bias: bool = False
    qk_norm: bool = False
    is_windowed: bool = False
    latent: Latent | None = None
    experts: Experts | None = None
    indexer: Indexer | None = None
    compressed: Compressed | None = None

    @property
    def attention(self) -> str:
        """The kind of attention in the field's words."""
        if self.compressed:
            return "CSA/HCA"
        if self.latent:
            return "MLA + indexer" if self.indexer else "MLA"
        if self.kv_heads == self.heads:
            return "MHA"
        return "MQA" if self.kv_heads == 1 else "GQA"

    @property
    def obstacle(self) -> str:
        """Why the engine cannot compute this shape, as a sentence; empty where it can."""
        if self.compressed:
            return Sentence("V4's compressed attention is not computed here; it needs a server with vLLM or SGLang.")
        if self.indexer:
            return Sentence("V3.2's sparse attention is not computed here; it needs a server with vLLM or SGLang.")
        if self.is_windowed:
            return Sentence("Sliding-window attention is not computed here; choose a model with full attention.")
        if self.model_type == "deepseek":
            return Sentence(
                "Needs Python code from its repository, which is never run here; take V2-Lite, its successor."
            )
        if self.model_type not in COMPUTED:
            return Sentence(
                "Models of type {kind} are not computed here; these are: {kinds}.",
                kind=repr(self.model_type),
                kinds=", ".join(COMPUTED),
            )
        return ""

    @property
    def output_bias(self) -> bool:
        """Whether the projection behind attention has a bias: Llama's attention_bias covers it, Qwen2's does not."""
        return self.qkv_bias and self.model_type != "qwen2"

    @property
    def expert_layers(self) -> int:
        """How many layers have experts."""
        return self.layers - self.experts.dense_layers if self.experts else 0
