"""llama.cpp under our scheduler: greedy output of tiny F32 files equals transformers', however rows come together."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from deepseek_space.engine.gguf import engine as engine_module
from deepseek_space.engine.gguf.context import GgufContext
from deepseek_space.engine.gguf.engine import GgufEngine
from deepseek_space.engine.reply import Finished, Job, Scores, Token
from deepseek_space.engine.token_scores import scores_of
from deepseek_space.errors import EngineError, LoadFailed, OutOfMemory
from deepseek_space.events import Prefill, Queued
from deepseek_space.types import Sampling
from gguf_files import random_model, write_gguf
from tiny_models import prompt_of

NEW_TOKENS = 12
ONE_GROUP = {"n_group": 1, "topk_group": 1, "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}}
FAMILY = {
    "llama-mqa": {},
    "qwen2-gqa": {},
    "qwen3-gqa": {},
    "v2": {},
    "v3": ONE_GROUP | {"routed_scaling_factor": 2.5},
}


def opened(path, *, cells=2048, num_sequences=4):
    return GgufContext(path, cells=cells, num_sequences=num_sequences, threads=1, progress=lambda share: None)


@pytest.fixture(scope="module")
def tiny_gguf(tmp_path_factory):
    return write_gguf(tmp_path_factory.mktemp("gguf") / "tiny.gguf", random_model("qwen2-gqa"))


class Host:
    """An engine over a context, and what it told of each row."""

    def __init__(self, context, *, cells=2048, max_rows=4):
        self.told = {}
        self.engine = GgufEngine(context, cells=cells, max_rows=max_rows, tell=self.tell)

    def tell(self, key, event):
        self.told.setdefault(key, []).append(event)

    def run(self, **jobs):
        for key, job in jobs.items():
            self.engine.submit(key, job)
        while not self.engine.is_idle:
            self.engine.step()
        return [self.ids(key) for key in jobs]

    def ids(self, key):
        return tuple(event.id for event in self.told[key] if isinstance(event, Token))

    def cached(self, key):
        return next(event.read for event in self.told[key] if isinstance(event, Prefill))


@pytest.fixture
def host(tiny_gguf):
    context = opened(tiny_gguf)
    yield Host(context)
    context.close()


def job(seed=1, *, length=20, new_tokens=NEW_TOKENS, scope="ann", **options):
    sampling = Sampling(temperature=0, max_new_tokens=new_tokens)
    return Job(prompt=prompt_of(length, seed), sampling=sampling, scope=scope, **options)


def by_transformers(model, prompt, new_tokens):
    ids = torch.tensor([prompt])
    options = {"attention_mask": torch.ones_like(ids), "eos_token_id": None, "pad_token_id": 1}
    return tuple(model.generate(ids, max_new_tokens=new_tokens, do_sample=False, **options)[0, len(prompt) :].tolist())


@pytest.mark.parametrize("name", FAMILY)
def test_greedy_output_of_the_family_is_transformers_own(tmp_path, name):
    model = random_model(name, **FAMILY[name])
    context = opened(write_gguf(tmp_path / "tiny.gguf", model))
    prompt = prompt_of(40, seed=5)
    asked = Job(prompt=prompt, sampling=Sampling(temperature=0, max_new_tokens=NEW_TOKENS))
    assert Host(context).run(a=asked) == [by_transformers(model, prompt, NEW_TOKENS)]
    context.close()


def test_rows_that_come_together_are_answered_as_if_alone(host):
    jobs = {key: job(seed, length=length) for key, seed, length in (("a", 1, 20), ("b", 2, 33), ("c", 3, 1))}
    found = host.run(**jobs)
    assert found == [greedy_reference_of(one) for one in jobs.values()]
    assert all(host.told[key][-1] == Finished(reason="length") for key in jobs)


def greedy_reference_of(asked):
    return by_transformers(random_model("qwen2-gqa"), asked.prompt, asked.sampling.max_new_tokens)


def test_a_turn_goes_on_from_what_was_read_for_the_same_scope_alone(host):
    first = job(1, length=60)
    (said,) = host.run(a=first)
    again = replace(first, prompt=(*first.prompt, *said, 30, 31))
    (here,) = host.run(b=again)
    (elsewhere,) = host.run(c=replace(again, scope="bob"))
    assert here == elsewhere == greedy_reference_of(again)
    assert host.cached("b") >= 60 + NEW_TOKENS - 1
    assert host.cached("c") == 0


def test_a_retry_begins_with_the_very_scores_that_followed_the_prompt_and_reads_nothing(host):
    asked = replace(job(1, length=60), top_logprobs=3, scope="ann")
    host.run(a=asked)
    host.run(b=asked)
    assert host.cached("b") == 60
    scored = {key: [(each.id, each.score) for each in host.told[key] if isinstance(each, Token)] for key in "ab"}
    assert scored["a"] == scored["b"]
    host.run(c=replace(asked, scope="bob"))
    assert host.cached("c") == 0


def test_who_finds_no_place_waits_and_is_told_so(host):
    jobs = {str(number): job(number, new_tokens=3) for number in range(1, 7)}
    found = host.run(**jobs)
    assert found == [greedy_reference_of(one) for one in jobs.values()]
    assert host.told["6"][0] == Queued(position=2)


def test_a_full_cache_sends_the_youngest_back_and_it_goes_on_where_it_was(tiny_gguf, monkeypatch):
    monkeypatch.setattr(engine_module, "SLACK_TOKENS", 0)
    context = opened(tiny_gguf, cells=512)
    host = Host(context, cells=512)
    jobs = {"a": job(1, length=235, new_tokens=30), "b": job(2, length=235, new_tokens=30)}
    assert host.run(**jobs) == [greedy_reference_of(one) for one in jobs.values()]
    reads = [event.read for event in host.told["b"] if isinstance(event, Prefill)]
    assert reads.count(0) == 2  # it was begun anew
    context.close()


def test_one_conversation_that_does_not_fit_is_told_so(tiny_gguf):
    context = opened(tiny_gguf, cells=512)
    host = Host(context, cells=512)
    host.run(a=job(1, length=600))
    assert isinstance(host.told["a"][-1], OutOfMemory)
    host.run(b=job(2))
    assert host.ids("b") == greedy_reference_of(job(2))
    context.close()


def test_a_stop_token_ends_the_reply_and_is_not_handed_out(host):
    whole = greedy_reference_of(job(1))
    place = next(at for at in range(1, NEW_TOKENS) if whole[at] not in whole[:at])
    (found,) = host.run(a=job(1, stop_ids=frozenset({whole[place]})))
    assert found == whole[:place]
    assert host.told["a"][-1] == Finished(reason="stop")


def test_a_row_that_nobody_wants_leaves_at_once(host):
    host.engine.submit("a", job(1, new_tokens=500))
    host.engine.step()
    host.engine.cancel("a")
    assert host.told["a"][-1] == Finished(reason="cancelled")
    assert host.engine.is_idle
    for key in "bcdef":
        host.engine.submit(key, job(2, new_tokens=500))
    host.engine.step()
    host.engine.cancel("f")
    assert host.told["f"][-1] == Finished(reason="cancelled")


def test_the_scores_of_a_prompt_are_those_of_the_model(host):
    asked = job(1, length=100, new_tokens=1, scores_prompt=True, top_logprobs=2)
    host.run(a=asked, b=replace(asked, scope="bob"))
    told = [score for event in host.told["a"] if isinstance(event, Scores) for score in event.tokens]
    with torch.inference_mode():
        logits = random_model("qwen2-gqa")(torch.tensor([asked.prompt])).logits[0]
    expected = scores_of(asked.prompt[1:], logits[:-1], top=2)
    assert [score.id for score in told] == list(asked.prompt[1:])
    np.testing.assert_allclose([s.logprob for s in told], [s.logprob for s in expected], atol=0.02)
    (token,) = (event for event in host.told["a"] if isinstance(event, Token))
    assert token.score.top[0][0] == token.id


def test_nan_is_an_error_of_its_row(host, monkeypatch):
    real = host.engine._context.decode
    monkeypatch.setattr(host.engine._context, "decode", lambda pieces: real(pieces) * np.nan)
    host.run(a=job(1))
    assert isinstance(host.told["a"][-1], EngineError)


def test_what_is_no_gguf_is_refused_in_llama_cpps_own_words(tmp_path):
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF" + b"\0" * 64)
    with pytest.raises(LoadFailed, match=r"broken\.gguf: .*(version|gguf)"):
        opened(path)


def test_a_file_without_a_tensor_is_refused_by_its_name(tmp_path):
    path = write_gguf(tmp_path / "lacks.gguf", random_model("qwen2-gqa"), without=["blk.1.ffn_down.weight"])
    with pytest.raises(LoadFailed, match=r"blk\.1\.ffn_down\.weight"):
        opened(path)
