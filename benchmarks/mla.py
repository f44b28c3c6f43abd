"""What does one token of latent attention cost? The stock layer beside the absorbed one, from short to long context.

One attention layer with random weights in bf16, of V2-Lite's and V3's sizes. Stock is transformers' own layer over
its ``DynamicCache``, which expands every cached latent at each step.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import measure
import torch
from transformers import (
    DeepseekV2Config,
    DeepseekV2Model,
    DeepseekV3Config,
    DeepseekV3Model,
    DynamicCache,
    PreTrainedModel,
)

from deepseek_space.engine.attention import Batch, Span
from deepseek_space.engine.kv_cache import KVCache
from deepseek_space.engine.step import prepare

LATENT = {"kv_lora_rank": 512, "qk_rope_head_dim": 64, "qk_nope_head_dim": 128, "v_head_dim": 128}
# Only the attention has its true size; the rest of the layer is not run.
REST = {"vocab_size": 8, "num_hidden_layers": 1, "first_k_dense_replace": 1, "intermediate_size": 8}
V2_LITE = {"hidden_size": 2048, "num_attention_heads": 16, "num_key_value_heads": 16, "q_lora_rank": None}
V3 = {"hidden_size": 7168, "num_attention_heads": 128, "num_key_value_heads": 128, "q_lora_rank": 1536}
SIZES: dict[str, Callable[[], PreTrainedModel]] = {
    "V2-Lite": lambda: DeepseekV2Model(DeepseekV2Config(**LATENT, **REST, **V2_LITE, pad_token_id=0)),
    "V3": lambda: DeepseekV3Model(DeepseekV3Config(**LATENT, **REST, **V3, pad_token_id=0)),
}


ROUND_MS = 500


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One attention layer twice, with the same weights: as transformers has it, and prepared for the engine."""

    stock: PreTrainedModel
    absorbed: PreTrainedModel

    @classmethod
    def make(cls, name: str) -> "Layer":
        torch.manual_seed(0)
        stock = SIZES[name]().bfloat16().eval()
        stock.set_attn_implementation("sdpa")
        absorbed = SIZES[name]().bfloat16().eval()
        absorbed.load_state_dict(stock.state_dict())
        prepare(absorbed)
        return cls(stock=stock, absorbed=absorbed)


def main() -> None:
    parser = measure.parser(__doc__, rounds=5)
    parser.add_argument("--context", type=int, nargs="+", default=[128, 1024, 4096, 16384, 32768])
    parser.add_argument("--sizes", nargs="+", choices=list(SIZES), default=list(SIZES))
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.context, options.sizes = 1, [32], ["V2-Lite"]
    results = {}
    for name in options.sizes:
        layer = Layer.make(name)
        for context in options.context:
            results[name, context] = compare(layer, context, options.rounds)
    report(results)


@torch.inference_mode()
def compare(layer: Layer, context: int, rounds: int) -> dict[str, float]:
    """Return milliseconds per token of both sides at ``context`` cached tokens; a slow step is measured once."""
    hidden = torch.randn(1, 1, layer.stock.config.hidden_size).bfloat16()
    latent = torch.randn(1, 1, context, LATENT["kv_lora_rank"]).bfloat16()
    rope_key = torch.randn(1, 1, context, LATENT["qk_rope_head_dim"]).bfloat16()
    theirs = DynamicCache()
    theirs.update(latent, rope_key, 0)
    ours = KVCache(reserve_tokens=context + 1)
    ours.append(0, torch.cat((latent, rope_key), dim=-1))
    ours.advance(context)

    def stock() -> torch.Tensor:
        output = _attend(layer.stock, hidden, context, past_key_values=theirs)
        theirs.crop(-1)
        return output

    def absorbed() -> torch.Tensor:
        return _attend(layer.absorbed, hidden, context, batch=_one_token(ours))

    torch.testing.assert_close(absorbed().float(), stock().float(), rtol=0.1, atol=0.02)
    step_ms = _timed(stock, 1)["ms"]
    calls = max(1, min(20, int(ROUND_MS / step_ms)))
    rounds = rounds if step_ms < ROUND_MS else 1
    sides = {"stock": lambda: _timed(stock, calls), "absorbed": lambda: _timed(absorbed, calls)}
    return {name: figures["ms"] for name, figures in measure.repeat(sides, rounds).items()}


def _one_token(cache: KVCache) -> Batch:
    return Batch(spans=(Span(cache=cache, start=0, stop=1),), is_abandoned=lambda: False)


def _attend(model: PreTrainedModel, hidden: torch.Tensor, position: int, **state: object) -> torch.Tensor:
    rotation = model.rotary_emb(hidden, position_ids=torch.tensor([[position]]))
    attention = model.layers[0].self_attn
    return attention(hidden, attention_mask=None, position_embeddings=rotation, **state)[0]


def _timed(run: Callable[[], torch.Tensor], calls: int) -> dict[str, float]:
    started = time.perf_counter()
    for _ in range(calls):
        run()
    return {"ms": (time.perf_counter() - started) / calls * 1e3}


def report(results: dict[tuple[str, int], dict[str, float]]) -> None:
    ratios = {f"{name} at {context}": ms["stock"] / ms["absorbed"] for (name, context), ms in results.items()}
    measure.table(
        ["size", "context", "stock, ms", "absorbed, ms", "times faster"],
        [(*key, ms["stock"], ms["absorbed"], ms["stock"] / ms["absorbed"]) for key, ms in results.items()],
    )
    measure.finish(benchmark="mla", ratios=ratios, reach={"at 128": 0.9, "at 4096": 8, "at 16384": 20})


if __name__ == "__main__":
    main()
