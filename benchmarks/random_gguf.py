"""Random GGUF files in a published shape, quantised as llama.cpp's own tool does it: as fast as the real ones.

Blocks are random bytes with sane scales, as nothing here quantises to K-quants. Their tokenizer has the words of the
benchmarks' questions, so that a prompt has about as many tokens as a real one; all other tokens are made-up words.
"""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import measure
import numpy as np
import random_model
from gguf import GGMLQuantizationType, GGUFWriter, LlamaFileType
from gguf.constants import GGML_QUANT_SIZES
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from deepseek_space.models.catalog import find
from deepseek_space.models.files.gguf_checkpoint import open_gguf
from deepseek_space.models.files.gguf_tokenizer import gguf_tokenizer
from deepseek_space.models.shape.architecture import Architecture

F32, Q4_K, Q6_K, Q8_0 = (getattr(GGMLQuantizationType, name) for name in ("F32", "Q4_K", "Q6_K", "Q8_0"))
KINDS = {"Q4_K_M": LlamaFileType.MOSTLY_Q4_K_M, "Q8_0": LlamaFileType.MOSTLY_Q8_0}
# Drawn once and repeated; a prime, so that no two rows are equal.
NOISE_BLOCKS = 99_991
WORDS = 4000
CONTROL, NORMAL = 3, 1
END, START, PADDING = "<|im_end|>", "<|im_start|>", "<|endoftext|>"
"""The last is added by transformers' class for Qwen2 where it is not there, beyond what the model knows."""
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def save(path: Path, name: str, kind: str, *, tiny: bool = False, only_tokenizer: bool = False) -> Path:
    """Write the shape ``name`` to ``path``, quantised as ``kind``; every size cut down if ``tiny``."""
    published, layers = random_model.SHAPES[name]
    arch = find(published).architecture
    sizes = {"hidden_size": arch.hidden, "intermediate_size": arch.ffn, "vocab_size": arch.vocab}
    sizes |= {"num_hidden_layers": layers} | (random_model.TINY_SHAPE if tiny else {})
    writer = GGUFWriter(path, arch.model_type)
    _describe(writer, arch, sizes, kind)
    noise = {form: _noise(form) for form in (Q4_K, Q6_K, Q8_0)}
    for tensor, shape, form in () if only_tokenizer else _tensors(arch, sizes, kind):
        if form is F32:
            writer.add_tensor(tensor, np.full(shape, "norm" in tensor, dtype=np.float32))
        else:
            elements, size = GGML_QUANT_SIZES[form]
            rows = (shape[0], shape[1] // elements * size)
            writer.add_tensor(tensor, np.resize(noise[form], rows), raw_dtype=form)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def save_checkpoint(folder: Path, name: str, *, tiny: bool = False) -> Path:
    """Save the same shape in bf16 for torch, with the same tokenizer; return ``folder``."""
    with tempfile.TemporaryDirectory() as scratch:
        file = save(Path(scratch) / "tokenizer.gguf", name, "Q8_0", tiny=tiny, only_tokenizer=True)
        tokenizer = gguf_tokenizer(open_gguf(file))
    return random_model.save(folder, name, tiny=tiny, tokenizer=tokenizer)


def _tensors(
    arch: Architecture, sizes: dict[str, int], kind: str
) -> Iterator[tuple[str, tuple[int, ...], GGMLQuantizationType]]:
    """Yield each tensor's name, shape and form; which are finer in Q4_K_M is llama.cpp's choice."""
    hidden, ffn, layers = (sizes[key] for key in ("hidden_size", "intermediate_size", "num_hidden_layers"))
    usual, finer = (Q8_0, Q8_0) if kind == "Q8_0" else (Q4_K, Q6_K)
    yield "token_embd.weight", (sizes["vocab_size"], hidden), usual
    yield "output_norm.weight", (hidden,), F32
    yield "output.weight", (sizes["vocab_size"], hidden), finer
    keys = arch.kv_heads * arch.head_dim
    for layer in range(layers):
        is_finer = layer < layers // 8 or layer >= 7 * layers // 8 or (layer - layers // 8) % 3 == 2
        some, at = finer if is_finer else usual, f"blk.{layer}."
        for part, rows, form in (("q", hidden, usual), ("k", keys, usual), ("v", keys, some)):
            yield f"{at}attn_{part}.weight", (rows, hidden), form
            yield f"{at}attn_{part}.bias", (rows,), F32
        yield f"{at}attn_output.weight", (hidden, hidden), usual
        yield f"{at}ffn_gate.weight", (ffn, hidden), usual
        yield f"{at}ffn_up.weight", (ffn, hidden), usual
        yield f"{at}ffn_down.weight", (hidden, ffn), some
        for norm in ("attn_norm", "ffn_norm"):
            yield f"{at}{norm}.weight", (hidden,), F32


def _noise(form: GGMLQuantizationType) -> np.ndarray:
    """Return blocks of ``form`` as bytes, whose values have mean 0 and a deviation of 0.02."""
    _, size = GGML_QUANT_SIZES[form]
    blocks = np.random.default_rng(0).integers(0, 256, (NOISE_BLOCKS, size), dtype=np.uint8)
    if form is Q4_K:  # d, dmin, scales and minima of 6 bits, 256 values of 4
        blocks[:, :4] = np.array([8e-5, 6e-4], dtype=np.float16).view(np.uint8)
    elif form is Q6_K:  # 256 values of 6 bits, 16 scales of 8, d
        blocks[:, -18:-2] = np.random.default_rng(1).integers(-20, 20, (NOISE_BLOCKS, 16), dtype=np.int8).view(np.uint8)
        blocks[:, -2:] = np.array([9.4e-5], dtype=np.float16).view(np.uint8)
    else:  # d, 32 values of 8
        blocks[:, :2] = np.array([2.7e-4], dtype=np.float16).view(np.uint8)
    return blocks


def _describe(writer: GGUFWriter, arch: Architecture, sizes: dict[str, int], kind: str) -> None:
    writer.add_file_type(KINDS[kind])
    writer.add_context_length(arch.max_positions)
    writer.add_embedding_length(sizes["hidden_size"])
    writer.add_block_count(sizes["num_hidden_layers"])
    writer.add_feed_forward_length(sizes["intermediate_size"])
    writer.add_head_count(sizes["hidden_size"] // arch.head_dim)
    writer.add_head_count_kv(arch.kv_heads)
    writer.add_key_length(arch.head_dim)
    writer.add_value_length(arch.head_dim)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(arch.rope.theta)
    writer.add_vocab_size(sizes["vocab_size"])
    tokens, merges = _words(sizes["vocab_size"])
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types([CONTROL if token in (START, END, PADDING) else NORMAL for token in tokens])
    writer.add_token_merges(merges)
    writer.add_eos_token_id(tokens.index(END))
    writer.add_chat_template(CHAT_TEMPLATE)


def _words(size: int) -> tuple[list[str], list[str]]:
    """Return ``size`` tokens and the merges of those that are pieces of our own prose."""
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=min(WORDS, size // 2),
        initial_alphabet=alphabet,
        show_progress=False,
        special_tokens=[START, END, PADDING],
    )
    files = [measure.ROOT / "README.md", measure.ROOT / "benchmarks" / "people.py"]
    trained.train_from_iterator([file.read_text(encoding="utf-8") for file in files], trainer)
    state = json.loads(trained.to_str())["model"]
    tokens = sorted(state["vocab"], key=state["vocab"].get)
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in state["merges"]]
    return [*tokens, *(f"Ġw{number}" for number in range(size - len(tokens)))], merges
