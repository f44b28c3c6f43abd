"""Quantises a model while transformers loads it: each weight as it is read, before the next.

A transformers quantiser of our own, because bitsandbytes' passes by fused experts. Which kind of layer each
precision means is decided here; how the kinds compute is theirs.
"""

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.core_model_loading import ConversionOps
from transformers.quantizers import HfQuantizer, register_quantization_config, register_quantizer
from transformers.utils.quantization_config import QuantizationConfigMixin

from deepseek_space.errors import NotACheckpoint, Unsupported
from deepseek_space.models.bounded_pool import BoundedPool
from deepseek_space.models.quantised.bnb_linear import FP4Linear, LLMInt8Linear, NF4Linear
from deepseek_space.models.quantised.experts import SplitExperts, is_fused_experts
from deepseek_space.models.quantised.int8 import FineInt8Linear, Int8Embedding, Int8Linear, int8_linear_available
from deepseek_space.models.shape.model_spec import ModelSpec
from deepseek_space.sentences import Sentence

QUANTISED = ("int8", "nf4", "fp4")
METHOD = "deepseek-space"
# Folded into the query and the output when few tokens are decoded, which takes the plain matrix; it is small.
KEPT_PLAIN = ("kv_b_proj",)
# What reads the input of attention: small, and the costliest to round coarsely. In perplexity, with the starter's:
# sixteen bits here take off two thirds of what int8 costs, in ``down_proj`` half of it.
FINE = ("q_proj", "k_proj", "v_proj", "q_a_proj", "q_b_proj", "kv_a_proj_with_mqa")
LinearKind = type[Int8Linear] | type[NF4Linear] | type[LLMInt8Linear]
_OWN_LAYERS = (Int8Linear, Int8Embedding, NF4Linear, LLMInt8Linear)


def linear_kind(precision: str, device: str) -> LinearKind:
    """Return the layer that stands for nn.Linear at ``precision`` on ``device``.

    Raises Unsupported where there is none, saying what there is.
    """
    place = device.partition(":")[0]
    if place not in ("cpu", "cuda"):
        raise Unsupported(
            "{precision} does not run on {device}; choose bf16, or the device cpu.", precision=precision, device=device
        )
    if precision == "int8" and place == "cpu" and not int8_linear_available():
        raise Unsupported("int8 needs an x86 CPU and torch's oneDNN, which this machine lacks; choose nf4 or bf16.")
    if precision == "int8":
        return Int8Linear if place == "cpu" else LLMInt8Linear
    return {"nf4": NF4Linear, "fp4": FP4Linear}[precision]


def head_kind(precision: str, device: str) -> type[FineInt8Linear] | None:
    """Return the layer for ``lm_head``: eight bits where the product is fast, else None, which keeps it as it is."""
    return FineInt8Linear if device == "cpu" and int8_linear_available() else None


@register_quantization_config(METHOD)
class OnLoadConfig(QuantizationConfigMixin):
    """What to quantise to, in the form that transformers passes on."""

    def __init__(self, *, precision: str, device: str) -> None:
        self.quant_method = METHOD
        self.precision, self.device = precision, device


class _LoadWeight(ConversionOps):
    """Hands a weight that has just been read to the layer that quantises it."""

    def __init__(self, pool: BoundedPool) -> None:
        self._pool = pool

    def convert(self, input_dict: dict[str, Any], **context: Any) -> dict[str, Tensor]:
        for name, weight in input_dict.items():
            module = context["model"].get_submodule(name.rpartition(".")[0])
            weight = weight[0] if isinstance(weight, list) else weight
            if weight.shape != module.weight.shape:
                raise NotACheckpoint(
                    "{name} is stored as {stored}, but its config needs {needed}; fetch both again.",
                    name=name,
                    stored=tuple(weight.shape),
                    needed=tuple(module.weight.shape),
                )
            self._pool.submit(partial(module.load_weight, weight), input_bytes=weight.nbytes)
            module._is_hf_initialized = True
            context["missing_keys"].discard(name)
        return {}


@register_quantizer(METHOD)
class OnLoadQuantizer(HfQuantizer):
    """Puts quantising layers in place of linear layers, experts and the embedding before the weights arrive."""

    requires_calibration = False

    def _process_model_before_weight_loading(self, model: PreTrainedModel, **context: Any) -> None:
        choice = self.quantization_config
        # On a GPU the products are quick and its memory is what is short: one at a time.
        threads = torch.get_num_threads() if choice.device == "cpu" else 1
        self._pool = BoundedPool(threads, one_core_each=choice.device == "cpu" and choice.precision != "int8")
        linear, head = linear_kind(choice.precision, choice.device), head_kind(choice.precision, choice.device)
        _replace(model, is_fused_experts, SplitExperts)
        output, tied = model.get_output_embeddings(), model.config.tie_word_embeddings
        if linear is Int8Linear:
            fine = {module for path, module in model.named_modules() if path.rpartition(".")[2] in FINE}
            _replace(model, lambda module: type(module) is nn.Linear and module in fine, FineInt8Linear.like)
        _replace(model, lambda module: type(module) is nn.Linear and module is not output, linear.like)
        if not tied:
            _replace(model, lambda module: type(module) is nn.Embedding, Int8Embedding.like)
        if head is not None:
            _replace(model, lambda module: module is output, head.like)

    def _process_model_after_weight_loading(self, model: PreTrainedModel, **context: Any) -> None:
        self._pool.finish()
        head = model.get_output_embeddings()
        if isinstance(head, Int8Linear) and model.config.tie_word_embeddings:  # the embedding stays, the head is a copy
            head.load_weight(model.get_input_embeddings().weight)

    def param_needs_quantization(self, model: PreTrainedModel, param_name: str, **context: Any) -> bool:
        """Return whether the parameter is the weight of one of our layers."""
        path, _, name = param_name.rpartition(".")
        return name == "weight" and isinstance(model.get_submodule(path), _OWN_LAYERS)

    def get_quantize_ops(self) -> ConversionOps:
        """Return what transformers calls for each weight that needs it."""
        return _LoadWeight(self._pool)

    def is_serializable(self) -> bool:
        """Return False: packed weights are made anew at each load."""
        return False

    @property
    def is_trainable(self) -> bool:
        """Return False: there is nothing here to train."""
        return False


def _replace(model: nn.Module, wanted: Any, make: Any) -> None:
    for path, module in list(model.named_modules()):
        parent_path, _, name = path.rpartition(".")
        if path and wanted(module) and name not in KEPT_PLAIN:
            setattr(model.get_submodule(parent_path), name, make(module))


def weight_bytes(model: nn.Module) -> int:
    """Return the bytes of all parameters, buffers and packed weights; what modules share counts once."""
    packed = [module for module in model.modules() if isinstance(module, Int8Linear | NF4Linear | LLMInt8Linear)]
    counted = {id(module.weight) for module in packed if module.weight is not None}
    plain = {id(t): t.nbytes for t in (*model.parameters(), *model.buffers()) if id(t) not in counted}
    return sum(plain.values()) + sum(module.weight_bytes for module in packed)


def dtype_of(precision: str) -> torch.dtype:
    """Return the type in which everything is kept that is not quantised, and in which the model computes."""
    return {"fp32": torch.float32, "fp16": torch.float16}.get(precision, torch.bfloat16)


def warnings_for(precision: str, device: str, spec: ModelSpec | None) -> tuple[str, ...]:
    """Return what somebody should know who runs ``spec`` (None: not in the catalogue) like this; each a sentence."""
    warnings = []
    if precision == "fp16":
        warnings.append(
            Sentence("The family was trained in bf16, which reaches further: fp16 may overflow into nonsense.")
        )
    if precision == "fp16" and device == "cpu":
        warnings.append(Sentence("Few CPUs compute in fp16; bf16 is the same size and faster."))
    if spec is not None and spec.dtype.startswith("fp8"):
        kept = (
            Sentence("is rounded again, to {precision},", precision=precision)
            if precision in QUANTISED
            else Sentence("is unpacked")
        )
        warnings.append(Sentence("{name} is published in FP8, which {kept} as it is read.", name=spec.title, kept=kept))
    return tuple(warnings)
