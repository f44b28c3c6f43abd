"""Damage and foreign formats, each read as a person would: when it is said, what is said, and that it is our sentence.

"plan" is said before anything is loaded, from headers; "load" where only the data tells. What can be read all the same
comes at the end.
"""

import json
import re
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from deepseek_space.errors import SpaceError
from deepseek_space.models.inspection import checkpoint_of
from deepseek_space.models.loaded_model import LoadedModel
from deepseek_space.models.loader import load
from deepseek_space.models.source import resolve
from fp8_blocks import quantise_fp8
from gguf_files import random_model, write_gguf
from tiny_models import tiny_model
from tiny_tokenizers import deepseek_tokenizer

WEIGHTS = "model.safetensors"
UP, DOWN = "model.layers.0.mlp.up_proj.weight", "model.layers.1.mlp.down_proj.weight"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935\nsize 4976698672\n"
PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head></html>"
FP8 = {"quant_method": "fp8", "fmt": "e4m3", "weight_block_size": [128, 128]}
# Words of other libraries, and of ours where a value was forgotten.
JARGON = re.compile(
    r"object has no attribute|Traceback|Errno|Validation error|KeyError|TypeError|NoneType|<class|npickl|nn\.Param"
    r"|size mismatch|\bNone\b|\{|unexpected key|free some memory"
)

Make = Callable[[Path], Any]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a checkpoint of each kind, to be copied and damaged."""
    root = tmp_path_factory.mktemp("sound")
    for name in ("llama-mha", "v2", "v3"):
        tiny_model(name).save_pretrained(root / name)
        deepseek_tokenizer(pieces=300).save_pretrained(root / name)
    (root / "gguf").mkdir()
    write_gguf(root / "gguf" / "tiny.gguf", random_model("llama-mha"))
    return root


def put(name: str, content: bytes) -> Make:
    return lambda folder: (folder / name).write_bytes(content)


def instead(name: str, content: bytes) -> Make:
    """Put a file in the place of the weights."""

    def make(folder: Path) -> None:
        (folder / WEIGHTS).unlink()
        (folder / name).write_bytes(content)

    return make


def config(**changes: Any) -> Make:
    def make(folder: Path) -> None:
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))

    return make


def without(*names: str) -> Make:
    return lambda folder: [(folder / name).unlink() for name in names]


def weights(change: Callable[[dict[str, Tensor]], Any]) -> Make:
    def make(folder: Path) -> None:
        stored = load_file(folder / WEIGHTS)
        change(stored)
        save_file({name: tensor.clone() for name, tensor in stored.items()}, folder / WEIGHTS)

    return make


def also(**tensors: Tensor) -> Make:
    """Store further tensors beside ``UP``, by what their names end in; "__" is a point."""
    stem = UP.removesuffix(".weight")
    named = {f"{stem}.{ending.replace('__', '.')}": tensor for ending, tensor in tensors.items()}
    named = {name.replace("bitsandbytes.nf4", "bitsandbytes__nf4"): tensor for name, tensor in named.items()}
    return weights(lambda stored: stored.update(named))


def packed(dtype: torch.dtype, **tensors: Tensor) -> Make:
    """Store ``UP`` as ``dtype``, with further tensors."""

    def make(folder: Path) -> None:
        also(**tensors)(folder)
        weights(lambda stored: stored.update({UP: torch.zeros(96, 64).to(dtype)}))(folder)

    return make


def quantised(**tensors: Tensor) -> Make:
    """Store further tensors in the place of ``UP``."""

    def make(folder: Path) -> None:
        also(**tensors)(folder)
        weights(lambda stored: stored.pop(UP))(folder)

    return make


def spoilt(value: float) -> Make:
    return weights(lambda stored: stored[DOWN].view(-1)[7:8].fill_(value))


def fp8(folder: Path, *, blocks: int = 128, scale: bool = True) -> None:
    def change(stored: dict[str, Tensor]) -> None:
        stored[UP], scales = quantise_fp8(stored[UP])
        if scale:
            stored[f"{UP}_scale_inv"] = scales if blocks == 128 else torch.ones(2, 1)

    weights(change)(folder)


def both(*makes: Make) -> Make:
    return lambda folder: [make(folder) for make in makes]


def sharded(folder: Path) -> list[Path]:
    (folder / WEIGHTS).unlink()
    tiny_model("llama-mha").save_pretrained(folder, max_shard_size="100KB")
    return sorted(folder.glob("model-*.safetensors"))


def shards(change: Callable[[Path, list[Path]], Any]) -> Make:
    return lambda folder: change(folder, sharded(folder))


def index(name: Any) -> Make:
    def change(folder: Path, parts: list[Path]) -> None:
        path = folder / f"{WEIGHTS}.index.json"
        listed = json.loads(path.read_text())
        listed["weight_map"]["lm_head.weight"] = name
        path.write_text(json.dumps(listed))

    return shards(change)


def pickled(value: Callable[[dict[str, Tensor]], Any], **options: Any) -> Make:
    def make(folder: Path) -> None:
        stored = load_file(folder / WEIGHTS)
        (folder / WEIGHTS).unlink()
        torch.save(value(stored), folder / "pytorch_model.bin", **options)

    return make


def cut(name: str, length: int) -> Make:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:length])


def more_tokens(folder: Path) -> None:
    tokenizer = deepseek_tokenizer()
    tokenizer.save_pretrained(folder)


def adapter(folder: Path) -> None:
    described = {"peft_type": "LORA", "base_model_name_or_path": "deepseek-ai/DeepSeek-V2-Lite"}
    (folder / "adapter_config.json").write_text(json.dumps(described))
    save_file({"base_model.model.q_proj.lora_A.weight": torch.zeros(2, 64)}, folder / "adapter_model.safetensors")


class Harmful:
    """Unpickling it would run a command."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (print, ("run",))


def unlisted_entries(folder: Path) -> None:
    key = struct.pack("<Q", 1) + b"a" + struct.pack("<IIQ", 9, 8, 2**34)
    (folder / "tiny.gguf").write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + key)


U8, I8, I32, ONE = (torch.zeros(48, 64, dtype=kind) for kind in (torch.uint8, torch.int8, torch.int32, torch.float32))
LLAMA: dict[str, tuple[str, Make, str]] = {
    # what lies there is another thing
    "weights: git-lfs pointer": (
        "plan",
        put(WEIGHTS, POINTER),
        r"model\.safetensors is a git-lfs pointer.*git lfs pull",
    ),
    "config: git-lfs pointer": ("plan", put("config.json", POINTER), r"config\.json is a git-lfs pointer"),
    "tokenizer: git-lfs pointer": ("plan", put("tokenizer.json", POINTER), r"tokenizer\.json is a git-lfs pointer"),
    "bin: git-lfs pointer": ("plan", instead("pytorch_model.bin", POINTER), r"model\.bin is a git-lfs pointer"),
    "weights: web page": ("plan", put(WEIGHTS, PAGE), r"model\.safetensors is a web page.*fetch the file itself"),
    "config: web page": ("plan", put("config.json", PAGE), r"config\.json is a web page"),
    "weights: nothing": ("plan", put(WEIGHTS, b""), r"model\.safetensors is empty; fetch it again"),
    "weights: GGUF": ("plan", put(WEIGHTS, b"GGUF\3\0\0\0"), "is a GGUF file; name it"),
    "weights: zip": ("plan", put(WEIGHTS, b"PK\3\4" + b"\0" * 60), "is a zip archive"),
    "weights: Keras": ("plan", put(WEIGHTS, b"\x89HDF\r\n\x1a\n"), "is an HDF5 file, as Keras"),
    "weights: other bytes": ("plan", put(WEIGHTS, b"\xff" * 64), "is not a safetensors file"),
    # weights that are cut, absent or of another model
    "weights: cut": ("plan", cut(WEIGHTS, 5000), r"is cut short.*Fetch it again"),
    "weights: a tensor less": ("plan", weights(lambda s: s.pop(DOWN)), rf"holds no {re.escape(DOWN)}: 1 of the"),
    "weights: a layer less": ("plan", config(num_hidden_layers=3), "no weights for layer 2 of 3"),
    "weights: another shape": ("plan", config(intermediate_size=128), r"as 96 × 64, but its config needs 128 × 64"),
    "weights: a bias more": ("plan", also(bias=torch.zeros(96)), r"holds .*up_proj\.bias, which a model of its config"),
    "weights: a norm more": (
        "plan",
        weights(lambda s: s.update({"model.layers.0.self_attn.q_norm.weight": torch.ones(16)})),
        r"holds .*q_norm\.weight, which a model of its config does not use",
    ),
    "weights: NaN": ("load", spoilt(float("nan")), rf"{re.escape(DOWN)} holds values that are no finite numbers"),
    "weights: infinity": ("load", spoilt(float("inf")), rf"{re.escape(DOWN)} holds values that are no finite numbers"),
    # weights that are quantised, and nothing says so
    "bitsandbytes nf4": ("plan", quantised(weight=U8, weight__absmax=ONE), "by bitsandbytes in 4 bits, as its tensor"),
    "bitsandbytes nf4, newer": (
        "plan",
        quantised(weight__quant_state__bitsandbytes__nf4=U8),
        "by bitsandbytes in 4 bits, as its tensor",
    ),
    "bitsandbytes int8": ("plan", packed(torch.int8, SCB=torch.ones(96)), "by bitsandbytes in 8 bits"),
    "GPTQ": ("plan", quantised(qweight=I32, qzeros=I32, scales=ONE, g_idx=I32), "by GPTQ, as its tensor .*g_idx shows"),
    "GPTQ, told beside": ("plan", put("quantize_config.json", b'{"bits": 4}'), r"by GPTQ, as the file quantize_config"),
    "AWQ": ("plan", quantised(qweight=I32, qzeros=I32, scales=ONE), "by AWQ, as its tensor .*qzeros shows"),
    "AWQ, told beside": ("plan", put("quant_config.json", b'{"w_bit": 4}'), r"by AWQ, as the file quant_config"),
    "NVFP4": (
        "plan",
        both(packed(torch.uint8, weight_scale=ONE, weight_scale_2=ONE), put("hf_quant_config.json", b"{}")),
        "by NVFP4, as its tensor .*weight_scale_2 shows",
    ),
    "ModelOpt, told beside": ("plan", put("hf_quant_config.json", b"{}"), "by NVIDIA ModelOpt, as the file"),
    "compressed-tensors": ("plan", quantised(weight_packed=I32, weight_scale=ONE), "by compressed-tensors"),
    "MXFP4": ("plan", quantised(weight_blocks=U8, weight_scales=U8), "by MXFP4"),
    "EXL2": ("plan", quantised(q_weight=I32, q_invperm=I32), "by EXL2"),
    "EXL3": ("plan", quantised(trellis=I32, suh=ONE), "by EXL3"),
    "HQQ": ("plan", quantised(W_q=U8), "by HQQ"),
    "MLX": ("plan", quantised(weight=I32, scales=ONE, biases=ONE), "by MLX, as its tensor .*biases shows"),
    "MLX, told in config": ("plan", config(quantization={"bits": 4, "group_size": 64}), "already quantised by 'mlx'"),
    "int8 with scales": ("plan", packed(torch.int8, weight_scale=torch.ones(96)), "int8 or FP8 with a scale for each"),
    "int8 without scales": ("plan", packed(torch.int8), "is stored as I8, and config.json does not say how"),
    "FP8 without configuration": ("plan", fp8, "is stored as F8_E4M3, and config.json does not say how"),
    "GPTQ, told in config": (
        "plan",
        config(quantization_config={"quant_method": "gptq"}),
        "already quantised by 'gptq'",
    ),
    "a method without a name": ("plan", config(quantization_config={"bits": 4}), "by a method that it does not name"),
    "quantization_config: text": ("plan", config(quantization_config="fp8"), "quantization_config = 'fp8'; an object"),
    "FP8: another layout": (
        "plan",
        config(quantization_config={"quant_method": "fp8"}),
        "layout that is not read here",
    ),
    "FP8: block of a wrong kind": ("plan", config(quantization_config=FP8 | {"weight_block_size": 128}), "a layout"),
    "FP8: blocks of 64": (
        "plan",
        both(lambda folder: fp8(folder, blocks=64), config(quantization_config=FP8)),
        r"holds 2 × 1 scales \(F32\) for .* where blocks of 128 by 128 need 1 × 1",
    ),
    "FP8: no scale": (
        "plan",
        both(lambda folder: fp8(folder, scale=False), config(quantization_config=FP8)),
        "in FP8 without its scale",
    ),
    "FP8: a scale too many": (
        "plan",
        both(also(weight_scale_inv=torch.ones(1, 1)), config(quantization_config=FP8)),
        "holds a scale for .*, which is stored as F32",
    ),
    "FP8: the other kind": (
        "plan",
        both(packed(torch.float8_e5m2), config(quantization_config=FP8)),
        "as F8_E5M2, which is not read here",
    ),
    # adapters
    "LoRA": (
        "plan",
        both(without(WEIGHTS, "config.json"), adapter),
        r"a LoRA adapter for 'deepseek-ai/DeepSeek-V2-Lite', a difference .*merge_and_unload",
    ),
    "LoRA with a config": ("plan", both(without(WEIGHTS), adapter), "holds a LoRA adapter for"),
    "LoRA without a description": (
        "plan",
        both(without(WEIGHTS), put("adapter_model.bin", b"x")),
        "holds a LoRA adapter, a difference",
    ),
    # several files
    "parts: one is absent": ("plan", shards(lambda f, p: p[1].unlink()), r"lacks 1 of \d weight files, model-00002"),
    "parts without an index: one is absent": (
        "plan",
        shards(lambda f, p: (p[1].unlink(), (f / f"{WEIGHTS}.index.json").unlink())),
        r"lacks 1 of \d weight files, model-00002.*fetch what is missing",
    ),
    "parts of two sets": (
        "plan",
        shards(
            lambda f, p: ((f / f"{WEIGHTS}.index.json").unlink(), p[0].rename(f / "model-00001-of-00009.safetensors"))
        ),
        "parts of several sets of weights",
    ),
    "a tensor in two parts": (
        "plan",
        shards(lambda f, p: save_file(load_file(p[0]) | load_file(p[1]), p[1])),
        "in several files, model-00002",
    ),
    "index: outside": ("plan", index("../x.safetensors"), r"names '\.\./x\.safetensors', a path outside its folder"),
    "index: a number": ("plan", index(7), "is not an index of weight files: it names 7"),
    # PyTorch's files
    "bin: a trainer's": ("plan", pickled(lambda s: {"model": s, "epoch": 3}), "holds 'model', which is no tensor"),
    "bin: code": ("plan", pickled(lambda s: {"a": Harmful()}), "cannot be read as tensors alone"),
    "bin: a list": ("plan", pickled(lambda s: list(s.values())), "holds a list, no tensors by name"),
    "bin: cut": ("plan", both(pickled(lambda s: s), cut("pytorch_model.bin", 4000)), "cannot be read as tensors alone"),
    "bin: another zip": ("plan", instead("pytorch_model.bin", b"PK\3\4" + b"\0" * 90), "cannot be read as tensors"),
    # other forms, or none
    "only Meta's form": ("plan", instead("consolidated.00.pth", b"x"), r"consolidated\.00\.pth is Meta's own form"),
    "only GGUF": ("plan", instead("model-Q4_K_M.gguf", b"GGUF"), "is GGUF; give one of them to --model as a file"),
    "only TensorFlow's form": ("plan", instead("tf_model.h5", b"x"), "is TensorFlow's form"),
    "only DeepSpeed's form": ("plan", instead("global_step100", b"x"), r"zero_to_fp32\.py"),
    "no weights": ("plan", without(WEIGHTS), r"holds no weights: neither model\.safetensors nor"),
    "no tokenizer": (
        "plan",
        without("tokenizer.json", "tokenizer_config.json"),
        "holds no tokenizer; fetch tokenizer.json",
    ),
    "a tokenizer of another model": ("plan", more_tokens, r"has a token .* of number 369, but the model knows 320"),
    "tokenizer: damaged": ("load", put("tokenizer.json", b"{}"), "tokenizer"),
    # values
    "eps: text": (
        "plan",
        config(rms_norm_eps="1e-06"),
        r"rms_norm_eps = '1e-06'; it must be a number, without quotation",
    ),
    "tied: text": (
        "plan",
        config(tie_word_embeddings="false"),
        "tie_word_embeddings = 'false'; it must be true or false",
    ),
    "heads: a list": (
        "plan",
        config(num_key_value_heads=[4, 4]),
        r"num_key_value_heads = \[4, 4\]; it must be a whole",
    ),
    "rope: theta as text": (
        "plan",
        config(rope_parameters={"rope_theta": "1e4"}),
        "rope_theta = '1e4'; it must be a number",
    ),
    "rope: in part": (
        "plan",
        config(rope_parameters={"rope_theta": 1e4, "rope_type": "default", "partial_rotary_factor": 0.5}),
        "partial_rotary_factor = 0.5",
    ),
    "activation: a number": ("load", config(hidden_act=7), "hidden_act = 7, which is a value of the wrong kind"),
    "no model_type": ("plan", config(model_type=None), "names no model_type"),
    "a picture's model": (
        "plan",
        put("config.json", b'{"model_type": "janus", "text_config": {}}'),
        "'janus' do not run",
    ),
    "stop ids: damaged": ("load", put("generation_config.json", b"{"), r"generation_config\.json is not readable JSON"),
    "stop ids: text": ("load", put("generation_config.json", b'{"eos_token_id": "</s>"}'), "eos_token_id = '</s>'"),
}
EXPERTS: dict[str, tuple[str, str, Make, str]] = {
    "groups that do not divide": ("v3", "plan", config(n_group=3), "n_group = 3 and topk_group = 1 for 8 experts"),
    "more groups than there are": ("v3", "plan", config(topk_group=5), "topk_group = 5"),
    "more experts than there are": ("v3", "plan", config(num_experts_per_tok=9), "num_experts_per_tok = 9, more than"),
    "V2 as V3 chooses": ("v2", "plan", config(topk_method="noaux_tc"), "topk_method = 'noaux_tc'; a deepseek_v2 model"),
    "V2 with normalised weights": ("v2", "plan", config(norm_topk_prob=True), "norm_topk_prob = True"),
    "V3 as V2 chooses": ("v3", "plan", config(topk_method="greedy"), "topk_method = 'greedy'; a deepseek_v3 model"),
    "V3 by softmax": ("v3", "plan", config(scoring_func="softmax"), "scoring_func = 'softmax'"),
    "experts in every second layer": ("v3", "plan", config(moe_layer_freq=2), "moe_layer_freq = 2"),
    "an expert less": (
        "v3",
        "plan",
        weights(lambda s: s.pop("model.layers.1.mlp.experts.3.up_proj.weight")),
        r"holds no model\.layers\.1\.mlp\.experts\.3\.up_proj\.weight",
    ),
    "experts without their bias": (
        "v3",
        "plan",
        weights(lambda s: s.pop("model.layers.1.mlp.gate.e_score_correction_bias")),
        "holds no .*e_score_correction_bias",
    ),
}
GGUF: dict[str, tuple[str, str, Make, str]] = {
    "git-lfs pointer": ("gguf", "plan", put("tiny.gguf", POINTER), r"tiny\.gguf is a git-lfs pointer"),
    "web page": ("gguf", "plan", put("tiny.gguf", PAGE), r"tiny\.gguf is a web page"),
    "nothing": ("gguf", "plan", put("tiny.gguf", b""), r"tiny\.gguf is empty"),
    "cut": ("gguf", "plan", cut("tiny.gguf", 20_000), r"tiny\.gguf is cut short.*Fetch it again"),
    "an array of 2^34 entries": (
        "gguf",
        "plan",
        unlisted_entries,
        "17,179,869,184 entries, more than a file of 49 bytes",
    ),
}
KINDS = {name: ("llama-mha", *kind) for name, kind in LLAMA.items()} | EXPERTS
KINDS |= {f"GGUF: {name}": kind for name, kind in GGUF.items()}


def opened(path: Path, precision: str = "fp32") -> LoadedModel:
    folder, gguf_file = (path, "") if path.is_dir() else (path.parent, path.name)
    quiet = {"progress": lambda report: None, "cancelled": lambda: False}
    return load(folder, name="tiny", precision=precision, device="cpu", gguf_file=gguf_file, **quiet)


def said(path: Path) -> tuple[str, str]:
    """Return when ``path`` is refused, and in what words."""
    try:
        checkpoint_of(resolve(str(path), on_space=False))
    except SpaceError as error:
        return "plan", str(error)
    try:
        opened(path)
    except SpaceError as error:
        return "load", str(error)
    return "never", ""


def copied(sound: Path, name: str, tmp_path: Path, make: Make) -> Path:
    folder = shutil.copytree(sound / name, tmp_path / "copy")
    make(folder)
    return folder / "tiny.gguf" if name == "gguf" else folder


@pytest.mark.parametrize(("base", "when", "make", "told"), KINDS.values(), ids=KINDS)
def test_damage_is_named_by_its_cause(sound, tmp_path, base, when, make, told):
    found, sentence = said(copied(sound, base, tmp_path, make))
    assert found == when, sentence
    assert re.search(told, sentence), sentence
    assert not JARGON.search(sentence), sentence
    assert sentence.endswith(".")


def test_there_are_at_least_forty_kinds():
    assert len(KINDS) >= 40


READ: dict[str, Make] = {
    "nothing is wrong": lambda folder: None,
    "a byte-order mark": lambda f: (f / "config.json").write_bytes(b"\xef\xbb\xbf" + (f / "config.json").read_bytes()),
    "parts without an index": shards(lambda f, p: (f / f"{WEIGHTS}.index.json").unlink()),
    "a stale index beside a whole file": put(
        f"{WEIGHTS}.index.json", b'{"weight_map": {"lm_head.weight": "model-00001-of-00002.safetensors"}}'
    ),
    "the form before torch 1.6": pickled(lambda s: s, _use_new_zipfile_serialization=False),
    "PyTorch's form": pickled(lambda s: s),
    "a value head beside it": weights(lambda s: s.update({"v_head.summary.weight": torch.ones(1, 64)})),
    "frequencies that are computed anew": also(**{"rotary_emb__inv_freq": torch.ones(8)}),
}


@pytest.mark.parametrize("make", READ.values(), ids=READ)
def test_what_can_be_read_all_the_same_answers_the_same(sound, tmp_path, make):
    folder = copied(sound, "llama-mha", tmp_path, make)
    assert checkpoint_of(resolve(str(folder), on_space=False)).notes == ()
    ids = torch.arange(2, 22).view(2, 10)
    with torch.inference_mode():
        assert torch.equal(opened(folder).model(ids).logits, tiny_model("llama-mha")(ids).logits)


def test_an_adapter_beside_whole_weights_is_not_used_and_that_is_said(sound, tmp_path):
    folder = copied(sound, "llama-mha", tmp_path, adapter)
    checkpoint = checkpoint_of(resolve(str(folder), on_space=False))
    assert checkpoint.notes == ("The LoRA adapter beside the weights of copy is not used.",)
    ids = torch.arange(2, 22).view(2, 10)
    with torch.inference_mode():
        assert torch.equal(opened(folder).model(ids).logits, tiny_model("llama-mha")(ids).logits)
