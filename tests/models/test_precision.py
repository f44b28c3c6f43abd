import copy

import pytest
import torch
from torch import nn
from transformers import PreTrainedModel

from deepseek_space.errors import Unsupported
from deepseek_space.models import precision as precision_module
from deepseek_space.models.catalog import find
from deepseek_space.models.loader import load
from deepseek_space.models.precision import QUANTISED, linear_kind, warnings_for, weight_bytes
from deepseek_space.models.quantised.bnb_linear import FP4Linear, LLMInt8Linear, NF4Linear
from deepseek_space.models.quantised.experts import SplitExperts
from deepseek_space.models.quantised.int8 import FineInt8Linear, Int8Embedding, Int8Linear
from tiny_models import ARCHITECTURES, LATENT, tiny_model
from tiny_tokenizers import deepseek_tokenizer

# Of the logits at the typical position, for rounding activations alone: random weights amplify it.
ERROR = {"int8": 0.08, "nf4": 0.04, "fp4": 0.04}


def loaded(folder, architecture: str, precision: str, **changes):
    model = tiny_model(architecture)
    for name, value in changes.items():
        setattr(model.config, name, value)
    if changes.get("tie_word_embeddings"):
        model.lm_head.weight = model.model.embed_tokens.weight
    model.save_pretrained(folder)
    deepseek_tokenizer(pieces=300).save_pretrained(folder)
    quiet = {"progress": lambda report: None, "cancelled": lambda: False}
    return model, load(folder, name="tiny", precision=precision, device="cpu", **quiet)


def rounded_weight(module: nn.Module, inputs: int) -> torch.Tensor:
    bias = module.bias if module.bias is not None else 0
    return (module(torch.eye(inputs)) - bias).T


def with_rounded_weights(plain: PreTrainedModel, quantised: PreTrainedModel) -> PreTrainedModel:
    """Return ``plain`` with the weights that ``quantised`` has after rounding, in float32."""
    copied = copy.deepcopy(plain)
    for name, module in copied.named_modules():
        other = quantised.get_submodule(name)
        if isinstance(other, SplitExperts):
            for layers, weights in ((other.gate_up, module.gate_up_proj), (other.down, module.down_proj)):
                weights.data = torch.stack([rounded_weight(layer, weights.shape[2]) for layer in layers])
        elif isinstance(module, nn.Linear) and type(other) is not nn.Linear:
            module.weight.data = rounded_weight(other, module.in_features)
        elif isinstance(module, nn.Embedding):
            module.weight.data = other(torch.arange(module.num_embeddings)).float()
    return copied


@pytest.mark.parametrize("precision", QUANTISED)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
@torch.inference_mode()
def test_every_architecture_answers_as_the_float_model_of_its_rounded_weights(tmp_path, architecture, precision):
    plain, result = loaded(tmp_path, architecture, precision)
    ids = torch.arange(2, 26).view(2, 12)
    wanted, logits = with_rounded_weights(plain, result.model)(ids).logits, result.model(ids).logits.float()
    errors = (logits - wanted).norm(dim=-1) / wanted.norm(dim=-1)
    assert errors.median().item() < ERROR[precision]
    assert result.model.generate(ids[:1], max_new_tokens=4, do_sample=False).shape[1] > 12


@pytest.mark.parametrize("precision", QUANTISED)
@pytest.mark.parametrize("architecture", LATENT)
def test_what_is_quantised_is_all_but_norms_routers_and_the_up_projection(tmp_path, architecture, precision):
    _, result = loaded(tmp_path, architecture, precision)
    kinds = {name: type(module) for name, module in result.model.named_modules()}
    plain = {name for name, kind in kinds.items() if kind is nn.Linear}
    assert plain == {f"model.layers.{layer}.self_attn.kv_b_proj" for layer in range(2)}
    assert kinds["model.embed_tokens"] is Int8Embedding
    assert kinds["lm_head"] is FineInt8Linear
    assert kinds["model.layers.1.mlp.experts"] is SplitExperts
    assert kinds["model.layers.1.mlp.experts.gate_up.7"] is linear_kind(precision, "cpu")
    assert all(p.device.type == "cpu" for p in result.model.parameters())


@pytest.mark.parametrize(("architecture", "inputs"), [("qwen2-gqa", 3), ("v2-lite", 2), ("v3", 3)])
def test_at_int8_what_reads_the_input_of_attention_is_rounded_finely(tmp_path, architecture, inputs):
    _, result = loaded(tmp_path, architecture, "int8")
    kinds = [type(module) for module in result.model.model.layers[0].self_attn.children()]
    assert kinds.count(FineInt8Linear) == inputs
    assert kinds.count(Int8Linear) == 1  # the output


@pytest.mark.parametrize("precision", QUANTISED)
def test_a_tied_embedding_stays_and_the_head_gets_a_copy(tmp_path, precision):
    plain, result = loaded(tmp_path, "llama-mqa", precision, tie_word_embeddings=True)
    assert torch.equal(result.model.model.embed_tokens.weight.float(), plain.model.embed_tokens.weight.bfloat16())
    rows = torch.randn(3, 64)
    wanted = rows @ plain.model.embed_tokens.weight.T
    assert ((result.model.lm_head(rows) - wanted).norm() / wanted.norm()).item() < 0.03


@torch.inference_mode()
@pytest.mark.parametrize("architecture", ["llama-mha", "v2-lite", "v3"])
def test_int8_layers_give_a_row_the_same_bits_in_every_batch(tmp_path, architecture):
    _, result = loaded(tmp_path, architecture, "int8")
    layer = result.model.model.layers[1].mlp
    rows = torch.randn(6, 1, 64).to(torch.bfloat16)
    experts = [module for module in layer.modules() if isinstance(module, SplitExperts)]
    module, arguments = (experts[0], _routing(6)) if experts else (layer, ())
    rows = rows[:, 0] if experts else rows
    together = module(rows, *arguments)
    alone = [module(rows[i : i + 1], *(argument[i : i + 1] for argument in arguments)) for i in range(6)]
    assert torch.equal(torch.cat(alone), together)


def _routing(tokens: int) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.rand(tokens, 8).topk(2).indices, torch.rand(tokens, 2)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_plain_weights_count_once(tmp_path, architecture):
    model, result = loaded(tmp_path, architecture, "fp32")
    buffers = sum(buffer.nbytes for buffer in model.buffers())
    assert result.weight_bytes == 4 * model.num_parameters() + buffers
    assert weight_bytes(result.model) == result.weight_bytes


def test_int8_weights_count_as_packed(tmp_path):
    model, result = loaded(tmp_path, "llama-mha", "int8")
    linear = [module for module in model.modules() if isinstance(module, nn.Linear)]
    packed = sum(module.weight.numel() + 8 * module.out_features for module in linear)
    embedding = model.model.embed_tokens.weight.numel() + 4 * 320
    norms = 2 * sum(p.numel() for name, p in model.named_parameters() if "norm" in name)
    assert result.weight_bytes == packed + embedding + norms + sum(b.nbytes for b in model.buffers())


def test_each_place_has_its_layer(monkeypatch):
    assert linear_kind("int8", "cpu") is Int8Linear
    assert linear_kind("int8", "cuda:1") is LLMInt8Linear
    assert linear_kind("nf4", "cuda:0") is linear_kind("nf4", "cpu") is NF4Linear
    assert linear_kind("fp4", "cpu") is FP4Linear
    with pytest.raises(Unsupported, match=r"nf4 does not run on mps"):
        linear_kind("nf4", "mps")
    monkeypatch.setattr(precision_module, "int8_linear_available", lambda: False)
    with pytest.raises(Unsupported, match=r"x86 CPU.*nf4 or bf16"):
        linear_kind("int8", "cpu")


def test_warnings_name_what_is_risky():
    distilled, published_in_fp8 = find("r1-distill-qwen-1.5b"), find("r1")
    assert warnings_for("bf16", "cpu", distilled) == warnings_for("int8", "cpu", None) == ()
    assert "overflow" in warnings_for("fp16", "cuda:0", distilled)[0]
    assert len(warnings_for("fp16", "cpu", None)) == 2
    assert "FP8" in warnings_for("bf16", "cuda:0", published_in_fp8)[0]
