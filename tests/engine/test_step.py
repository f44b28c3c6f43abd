"""A packed step equals the plain model: chunked, batched, cached, dense and latent."""

import pytest
import torch
from transformers import (
    DeepseekV4Config,
    DeepseekV4ForCausalLM,
    DeepseekV32Config,
    DeepseekV32ForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from deepseek_space.engine import mla
from deepseek_space.engine.kv_cache import KVCache
from deepseek_space.engine.step import MODEL_TYPES, Chunk, prepare, step
from deepseek_space.errors import Unsupported
from deepseek_space.models.shape.architecture import COMPUTED
from tiny_models import ARCHITECTURES, LATENT, prompt_of, tiny_model


def plain_logits(name, ids):
    with torch.inference_mode():
        return tiny_model(name)(torch.tensor([ids])).logits[0, -1]


def read(model, cache, ids):
    return step(model, [Chunk(cache=cache, ids=ids, wants_logits=True)])[0]


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("cuts", [(40,), (1,) * 40, (7, 20, 13), (39, 1), (4, 36)])
def test_chunks_of_any_size_give_the_logits_of_one_pass(name, cuts):
    ids, model, cache = prompt_of(40, seed=1), tiny_model(name), KVCache()
    prepare(model)
    start = 0
    for size in cuts:
        logits = read(model, cache, ids[start : start + size])
        start += size
    torch.testing.assert_close(logits, plain_logits(name, ids), rtol=1e-4, atol=1e-4)
    assert cache.length == 40


@pytest.mark.parametrize("name", LATENT)
@pytest.mark.parametrize("at_once", [1, 3])
def test_heads_that_share_a_latent_may_be_mixed_a_few_at_a_time(monkeypatch, name, at_once):
    ids, model, cache = prompt_of(40, seed=1), prepare(tiny_model(name)), KVCache()
    read(model, cache, ids[:30])
    monkeypatch.setattr(mla, "MASK_ELEMENTS", at_once * 10 * 40)
    torch.testing.assert_close(read(model, cache, ids[30:]), plain_logits(name, ids), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_rows_of_one_step_do_not_see_each_other(name):
    model = tiny_model(name)
    prepare(model)
    prompts = [prompt_of(length, seed=length) for length in (3, 30, 11)]
    caches = [KVCache() for _ in prompts]
    step(model, [Chunk(cache=caches[1], ids=prompts[1][:29], wants_logits=False)])
    rest = [prompts[0], prompts[1][29:], prompts[2]]
    logits = step(model, [Chunk(cache=c, ids=i, wants_logits=True) for c, i in zip(caches, rest, strict=True)])
    for row, prompt in zip(logits, prompts, strict=True):
        torch.testing.assert_close(row, plain_logits(name, prompt), rtol=1e-4, atol=1e-4)


def test_only_rows_that_want_logits_get_them():
    model = tiny_model("qwen2-gqa")
    prepare(model)
    chunks = [Chunk(cache=KVCache(), ids=(5, 6), wants_logits=wants) for wants in (False, True, False)]
    assert step(model, chunks).shape == (1, model.config.vocab_size)
    assert step(model, chunks[:1]).shape[0] == 0


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_draft_gives_the_logits_after_each_guess_and_is_not_counted(name):
    ids, model, cache = prompt_of(40, seed=1), tiny_model(name), KVCache()
    prepare(model)
    read(model, cache, ids[:30])
    neighbour = Chunk(cache=KVCache(), ids=(5, 6), wants_logits=True)
    logits = step(model, [Chunk(cache=cache, ids=ids[30:31], wants_logits=True, draft=ids[31:35]), neighbour])
    assert len(logits) == 5 + 1
    for length, row in zip(range(31, 36), logits, strict=False):
        torch.testing.assert_close(row, plain_logits(name, ids[:length]), rtol=1e-4, atol=1e-4)
    assert cache.length == 31
    # Two of the guesses were right; the others leave no trace.
    cache.advance(2)
    torch.testing.assert_close(read(model, cache, ids[33:]), plain_logits(name, ids), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", LATENT)
def test_latent_models_keep_one_latent_and_one_rope_key_a_token(name):
    model, cache = tiny_model(name), KVCache()
    prepare(model)
    read(model, cache, prompt_of(10, seed=0))
    config = model.config
    width = config.kv_lora_rank + config.qk_rope_head_dim
    assert cache.nbytes == cache.capacity * width * config.num_hidden_layers * 4


def test_a_step_that_fails_leaves_the_caches_as_they_were(monkeypatch):
    model, cache = tiny_model("qwen2-gqa"), KVCache()
    prepare(model)
    ids = prompt_of(12, seed=3)
    read(model, cache, ids[:8])
    with monkeypatch.context() as patch:
        patch.setattr(type(model.model.norm), "forward", lambda *_: (_ for _ in ()).throw(MemoryError))
        with pytest.raises(MemoryError):
            read(model, cache, ids[8:])
    assert cache.length == 8
    torch.testing.assert_close(read(model, cache, ids[8:]), plain_logits("qwen2-gqa", ids), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["qwen2-gqa", "v3"])
def test_bf16_agrees_to_within_its_rounding(name):
    ids, model = prompt_of(40, seed=2), tiny_model(name).bfloat16()
    with torch.inference_mode():
        plain = model(torch.tensor([ids])).logits[0, -1].float()
    exact = plain_logits(name, ids)
    prepare(model)
    cache = KVCache()
    for token in ids:
        logits = read(model, cache, (token,))
    # Both are roundings of the same numbers: ours may not be further off than twice the plain model is.
    assert (logits - exact).abs().mean() <= 2 * (plain - exact).abs().mean()


@pytest.mark.parametrize(
    ("model_class", "config"),
    [
        (DeepseekV32ForCausalLM, DeepseekV32Config()),
        (DeepseekV4ForCausalLM, DeepseekV4Config()),
        (Qwen2ForCausalLM, Qwen2Config(use_sliding_window=True, sliding_window=8, max_window_layers=0)),
    ],
    ids=["sparse", "compressed", "sliding"],
)
def test_attention_that_is_not_computed_here_is_refused(model_class, config):
    with torch.device("meta"):
        model = model_class(config)
    with pytest.raises(Unsupported, match="choose a model with full or latent attention"):
        prepare(model)


def test_layers_are_counted_as_they_are_prepared_and_whoever_counts_can_stop():
    model, heard = tiny_model("qwen2-gqa"), []
    assert prepare(model, progress=lambda done, total: heard.append((done, total))) is model
    layers = model.config.num_hidden_layers
    assert heard == [(done, layers) for done in range(layers)]

    def stop(done, total):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        prepare(tiny_model("qwen2-gqa"), progress=stop)


def test_the_plan_offers_what_the_engine_computes():
    assert set(COMPUTED) == set(MODEL_TYPES)
