"""llama.cpp itself reads the same GGUF files: the same ids for a text, the same tokens for a prompt."""

import json
import random
from urllib.request import Request, urlopen

import pytest
import torch

from deepseek_space.models.loader import load
from gguf_files import random_model, write_gguf
from gguf_sayings import SAYINGS
from llamacpp_server import llamacpp_server

PROMPT = torch.randint(20, 290, (1, 150), generator=torch.Generator().manual_seed(1))
NEW_TOKENS = 24
PIECES = [
    *"abXY'sT019 \t\n.,!?;:()[]{}<>=+-*/\"#$%&@^_`|~",
    "  ",
    " x = 5",
    "def f(n):\n    return",
    "你好",
    "，",
    "日本語",
]
PIECES += ["한국", "é", "ü", "😀", "½", "Ж", "don't", "<｜User｜>", "<｜Assistant｜>", "<think>", "<|EOT|>"]
RULES = {
    "biases": "gpt-2",
    "linear scaling": "deepseek-coder",
    "yarn": "deepseek-r1-qwen",
    "Llama 3's factors": "llama-bpe",
    "qwen3": "deepseek-v3",
    "llama": "deepseek-llm",
}


def asked(url, path, **body):
    request = Request(f"{url.removesuffix('/v1')}{path}", data=json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    with urlopen(request) as answer:
        return json.load(answer)["tokens"]


def texts():
    chance = random.Random(0)
    return ["".join(chance.choices(PIECES, k=chance.randint(1, 30))) for _ in range(60)]


@pytest.mark.parametrize("kind", RULES)
def test_llamacpp_reads_and_continues_the_same(tmp_path, kind):
    architecture, changes, values, extra = SAYINGS[kind]
    model = random_model(architecture, **changes)
    path = write_gguf(tmp_path / "tiny.gguf", model, values=values, extra=extra, pre=RULES[kind])
    quiet = {"progress": lambda report: None, "cancelled": lambda: False}
    ours = load(tmp_path, name="tiny", precision="fp32", device="cpu", gguf_file=path.name, **quiet)
    mask = {"attention_mask": torch.ones_like(PROMPT), "eos_token_id": None, "pad_token_id": 1}
    reply = ours.model.generate(PROMPT, max_new_tokens=NEW_TOKENS, do_sample=False, **mask)[0, PROMPT.shape[1] :]
    with llamacpp_server(path) as url:
        for text in texts():
            theirs = asked(url, "/tokenize", content=text, parse_special=True, add_special=False)
            assert ours.tokenizer.encode(text, add_special_tokens=False) == theirs, text
        greedy = {"temperature": 0, "n_predict": NEW_TOKENS, "ignore_eos": True, "return_tokens": True}
        assert asked(url, "/completion", prompt=PROMPT[0].tolist(), **greedy) == reply.tolist()
