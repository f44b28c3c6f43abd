"""GGUF files: what they say is honoured to the last bit, or refused by its name before anything is loaded."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType, quants

from deepseek_space.errors import NotACheckpoint, SpaceError, Unsupported
from deepseek_space.models.files.checkpoint_files import read_checkpoint
from deepseek_space.models.files.gguf_checkpoint import open_gguf, read_gguf_config
from deepseek_space.models.loader import load
from gguf_files import gguf_tensors, random_model, write_gguf
from gguf_sayings import LINEAR, SAYINGS

IDS = torch.arange(2, 202).view(1, 200)


def loaded(path: Path):
    quiet = {"progress": lambda report: None, "cancelled": lambda: False}
    return load(path.parent, name="tiny", precision="fp32", device="cpu", gguf_file=path.name, **quiet)


@pytest.mark.parametrize(("architecture", "changes", "values", "extra"), SAYINGS.values(), ids=SAYINGS)
def test_a_gguf_answers_as_the_checkpoint_it_was_made_from(tmp_path, architecture, changes, values, extra):
    model = random_model(architecture, **changes)
    path = write_gguf(tmp_path / "tiny.gguf", model, values=values, extra=extra)
    found = read_checkpoint(path)
    assert found.params_total == sum(parameter.numel() for parameter in model.parameters())
    assert (found.dtype, found.disk_bytes) == ("gguf", path.stat().st_size)
    with torch.inference_mode():
        theirs, ours = model(IDS).logits, loaded(path).model(IDS).logits
    assert torch.allclose(ours, theirs, rtol=0, atol=1e-5 if "yarn" in values.values() else 0)


@pytest.mark.parametrize("kind", ["Q8_0", "Q4_0", "Q5_1", "BF16", "F16"])
def test_weights_are_unpacked_as_gguf_py_unpacks_them(tmp_path, kind):
    model, quantised = random_model("llama-mha"), GGMLQuantizationType[kind]
    result = loaded(write_gguf(tmp_path / "tiny.gguf", model, quantised=quantised))
    for name in ("mlp.down_proj", "self_attn.v_proj"):
        stored = gguf_tensors(model)["blk.1.ffn_down.weight" if "down" in name else "blk.1.attn_v.weight"]
        wanted = quants.dequantize(quants.quantize(stored, quantised), quantised)
        weight = result.model.get_submodule(f"model.layers.1.{name}").weight
        assert torch.equal(weight, torch.from_numpy(wanted))


def test_parts_that_lie_together_are_one_checkpoint(tmp_path):
    model = random_model("llama-mha")
    write_gguf(tmp_path / "tiny.gguf", model, split_max_tensors=10)
    parts = sorted(tmp_path.glob("*.gguf"))
    assert [part.name for part in parts] == [f"tiny-0000{n}-of-00003.gguf" for n in (1, 2, 3)]
    assert read_checkpoint(parts[0]).disk_bytes == sum(part.stat().st_size for part in parts)
    with torch.inference_mode():
        assert torch.equal(loaded(parts[0]).model(IDS).logits, model(IDS).logits)
    with pytest.raises(NotACheckpoint, match=r"part 2 of 3; give the first, tiny-00001-of-00003\.gguf"):
        read_checkpoint(parts[1])
    parts[2].unlink()
    with pytest.raises(NotACheckpoint, match=r"tiny-00003-of-00003\.gguf is not beside it"):
        read_checkpoint(parts[0])
    parts[0].rename(tmp_path / "renamed.gguf")
    with pytest.raises(NotACheckpoint, match="one of 3 parts and was renamed"):
        read_checkpoint(tmp_path / "renamed.gguf")


@pytest.mark.parametrize("absent", ["blk.1.ffn_up.weight", "output_norm.weight", "blk.0.attn_k.bias"])
def test_a_missing_tensor_is_named_by_its_published_name(tmp_path, absent):
    path = write_gguf(tmp_path / "tiny.gguf", random_model("qwen2-gqa"), without=(absent,))
    published = {"ffn_up": "mlp.up_proj", "output_norm": "model.norm", "attn_k": "self_attn.k_proj.bias"}
    (name,) = (published[part] for part in published if part in absent)
    with pytest.raises(NotACheckpoint, match=rf"holds no .*{re.escape(name)}"):
        read_checkpoint(path)


FACTORS = {"rope_freqs.weight": np.linspace(1, 3, 8).astype(np.float32)}
REFUSED = {
    "another architecture": ({"kind": "deepseek2"}, "'deepseek2'"),
    "half of the biases": ({"extra": {"blk.0.attn_q.bias": np.zeros(64, np.float32)}}, r"self_attn\.k_proj\.bias"),
    "experts": (
        {"extra": {"blk.0.ffn_gate_inp.weight": np.zeros((8, 64), np.float32)}},
        r"holds blk\.0\.ffn_gate_inp\.weight",
    ),
    "a value that is not known": ({"values": {"attention.scale": 0.5}}, r"llama\.attention\.scale = 0\.5"),
    "a sliding window": ({"values": {"attention.sliding_window": 128}}, "sliding_window = 128"),
    "heads that turn in part": ({"values": {"rope.dimension_count": 8}}, r"rope\.dimension_count = 8"),
    "another scaling": ({"values": {"rope.scaling.type": "longrope", "rope.scaling.factor": 4.0}}, "'longrope'"),
    "factors of another kind": ({"extra": FACTORS}, "not Llama 3's"),
    "two scalings": ({"extra": FACTORS, "values": LINEAR}, "by a tensor at once"),
    "another shape": ({"values": {"feed_forward_length": 128}}, "config needs 128 × 64"),
    "no heads": ({"values": {"attention.head_count": 0}}, "num_attention_heads = 0"),
}


@pytest.mark.parametrize(("options", "told"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_honoured_is_refused_by_name(tmp_path, options, told):
    others = {name: option for name, option in options.items() if name != "values"}

    def change(writer):
        for key, value in options.get("values", {}).items():
            for data in writer.kv_data:
                data.pop(f"llama.{key}", None)
            add = {str: writer.add_string, float: writer.add_float32, int: writer.add_uint32}
            add[type(value)](f"llama.{key}", value)

    path = write_gguf(tmp_path / "tiny.gguf", random_model("llama-mha"), change=change, **others)
    with pytest.raises(SpaceError, match=told):
        read_checkpoint(path)


@pytest.mark.parametrize("said", ["adapter", "mmproj", "imatrix"])
def test_a_gguf_that_is_no_model_says_what_it_is(tmp_path, said):
    path = write_gguf(tmp_path / "x.gguf", random_model("llama-mha"), change=lambda w: w.add_type(said))
    with pytest.raises(Unsupported, match=f"type '{said}', no whole model"):
        read_checkpoint(path)


def test_the_configuration_is_what_the_header_says(tmp_path):
    path = write_gguf(tmp_path / "tiny.gguf", random_model("qwen2-gqa", rms_norm_eps=1e-5))
    config = read_gguf_config(path)
    assert (config["rms_norm_eps"], config["head_dim"], config["vocab_size"]) == (1e-5, 16, 320)
    assert config["rope_parameters"] == {"rope_type": "default", "rope_theta": 10_000.0}
    assert set(open_gguf(path).published) == set(random_model("qwen2-gqa").state_dict())
