"""What a graphics card has to do as a CPU does: load at every precision, answer as transformers, run out of memory.

The same bodies run on both, so that they are tried where there is no card; ``-m cuda`` chooses those that need one.
"""

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from deepseek_space.engine.engine import Engine
from deepseek_space.engine.limits import EngineLimits
from deepseek_space.engine.reply import Job, Token
from deepseek_space.engine.step import prepare
from deepseek_space.errors import OutOfMemory
from deepseek_space.models.loaded_model import LoadedModel
from deepseek_space.models.loader import load
from deepseek_space.types import Sampling
from tiny_models import prompt_of, tiny_model
from tiny_tokenizers import deepseek_tokenizer

needs = pytest.mark.skipif
CUDA = (pytest.mark.cuda, needs(not torch.cuda.is_available(), reason="there is no card here"))
TWO = (pytest.mark.cuda, needs(torch.cuda.device_count() < 2, reason="there are no two cards here"))
DEVICES = ("cpu", pytest.param("cuda:0", marks=CUDA))
ARCHITECTURES = ("qwen2-gqa", "v3")
IMPOSSIBLE_BYTES = 2**50
# Of random weights, which four bits harm more than trained ones; unrelated logits come to 0.
LEAST_LIKENESS = {"bf16": 0.99, "fp16": 0.99, "int8": 0.95, "nf4": 0.6, "fp4": 0.35}


@pytest.fixture(scope="module", params=ARCHITECTURES)
def folder(request, tmp_path_factory):
    return checkpoint(tmp_path_factory.mktemp("model"), request.param)


@pytest.fixture(scope="module")
def dense(tmp_path_factory):
    return checkpoint(tmp_path_factory.mktemp("dense"), "qwen2-gqa")


def checkpoint(folder: Path, architecture: str) -> Path:
    tiny_model(architecture).save_pretrained(folder)
    deepseek_tokenizer(pieces=300).save_pretrained(folder)
    return folder


def opened(folder: Path, device: str, precision: str = "fp32", **changes) -> LoadedModel:
    options = {"name": "tiny", "progress": lambda _: None, "cancelled": lambda: False, "arrange": prepare}
    return load(folder, device=device, precision=precision, **options | changes)


def engine_of(loaded: LoadedModel, **limits) -> Engine:
    values = {"context_tokens": 4096, "kv_bytes": 1 << 30, "max_queue": 64, "chunk_tokens": 256}
    return Engine(loaded.model, limits=EngineLimits(**values | limits))


def submit(engine: Engine, prompt, new_tokens=12):
    return engine.submit(Job(prompt=prompt, sampling=Sampling(temperature=0, max_new_tokens=new_tokens)))


def tokens(engine: Engine, row) -> list[int]:
    return [event.id for event in row.events(wait_s=0, drive=engine.step) if isinstance(event, Token)]


def plain(folder: Path, device: str, dtype: torch.dtype, prompt, new_tokens=12) -> list[int]:
    """Return what transformers' own greedy ``generate`` appends to ``prompt`` there."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype).to(device).eval()
    ids = torch.tensor([prompt], device=device)
    output = model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=new_tokens,
        do_sample=False,
        eos_token_id=None,
        pad_token_id=1,
    )
    return output[0, len(prompt) :].tolist()


@pytest.mark.parametrize("device", DEVICES)
def test_greedy_text_is_that_of_plain_transformers(folder, device):
    engine, prompt = engine_of(opened(folder, device)), prompt_of(37, seed=5)
    assert tokens(engine, submit(engine, prompt)) == plain(folder, device, torch.float32, prompt)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("precision", ["bf16", "fp16", "int8", "nf4", "fp4"])
def test_every_precision_answers_near_the_exact_model(folder, device, precision):
    loaded = opened(folder, device, precision)
    prompt = prompt_of(48, seed=6)
    engine = engine_of(loaded)
    row = submit(engine, prompt, new_tokens=3)
    assert len(tokens(engine, row)) == 3
    exact = AutoModelForCausalLM.from_pretrained(folder)(torch.tensor([prompt])).logits[0, -1]
    near = torch.cosine_similarity(row.prompt_logits.float().cpu(), exact, dim=0)
    assert near > LEAST_LIKENESS[precision]
    assert (loaded.precision, loaded.device) == (precision, device)


@pytest.mark.parametrize("device", DEVICES)
def test_a_long_prompt_is_read_in_chunks_as_it_is_at_once(folder, device):
    engine, prompt = engine_of(opened(folder, device)), prompt_of(1500, seed=7)
    assert tokens(engine, submit(engine, prompt, 4)) == plain(folder, device, torch.float32, prompt, 4)


@pytest.mark.parametrize("device", DEVICES)
def test_thirty_two_rows_at_once_answer_as_each_alone(folder, device):
    engine = engine_of(opened(folder, device))
    prompts = [prompt_of(5 + 3 * seed, seed=seed) for seed in range(32)]
    rows = [submit(engine, prompt, 4) for prompt in prompts]
    together = [tokens(engine, row) for row in rows]
    engine.prefixes.fit(0)
    assert together[::7] == [tokens(engine, submit(engine, prompt, 4)) for prompt in prompts[::7]]


@pytest.mark.parametrize(
    "places",
    [
        ("cpu", "disk"),
        pytest.param((0, "cpu"), marks=CUDA),
        pytest.param((0, "disk"), marks=CUDA),
        pytest.param((0, 1), marks=TWO),
    ],
    ids=lambda places: "+".join(map(str, places)),
)
def test_a_model_in_several_places_answers_as_one_in_a_single_place(folder, tmp_path, places):
    whole = sum(parameter.nbytes for parameter in tiny_model("qwen2-gqa").parameters())
    first = places[0] if places[0] == "cpu" else f"cuda:{places[0]}"
    memory = {place: whole // 2 if place == places[0] else 10 * whole for place in places if place != "disk"}
    loaded = opened(folder, first, max_memory=memory, offload_folder=tmp_path)
    engine, prompt = engine_of(loaded), prompt_of(37, seed=5)
    assert tokens(engine, submit(engine, prompt)) == plain(folder, first, torch.float32, prompt)


@pytest.mark.parametrize("device", DEVICES)
def test_running_out_of_memory_ends_one_reply_with_our_word_for_it_and_the_next_is_answered(dense, device):
    loaded, prompt = opened(dense, device), prompt_of(20, seed=8)
    engine = engine_of(loaded)
    layer = loaded.model.base_model.layers[-1]
    greedy = layer.register_forward_hook(lambda *_: torch.empty(IMPOSSIBLE_BYTES, dtype=torch.uint8, device=device))
    with pytest.raises(OutOfMemory, match="Shorten"):
        tokens(engine, submit(engine, prompt))
    greedy.remove()
    assert tokens(engine, submit(engine, prompt)) == plain(dense, device, torch.float32, prompt)
