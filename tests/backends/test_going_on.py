"""Replies that go on from what is written already, and thoughts that are closed when their budget is used up.

The tiny model writes letters alone, each a token of its own, so that a text can be cut in one way only.
"""

import pytest
import torch
from transformers import Qwen2Config, Qwen2ForCausalLM

from deepseek_space.backends.local.served_model import ServedModel
from deepseek_space.engine.engine import Engine
from deepseek_space.engine.limits import EngineLimits
from deepseek_space.engine.reply import Finished, Token
from deepseek_space.engine.row import Row
from deepseek_space.engine.step import prepare
from deepseek_space.engine.worker import Inline, Worker
from deepseek_space.errors import BusyError, RequestError
from deepseek_space.events import Answer, Done, Reasoning
from deepseek_space.models import catalog
from deepseek_space.models.loaded_model import LoadedModel
from deepseek_space.types import Begun, Message, Request, Sampling
from tiny_tokenizers import letter_tokenizer

TOKENIZER = letter_tokenizer()
LETTERS = range(TOKENIZER.convert_tokens_to_ids("a"), TOKENIZER.convert_tokens_to_ids(" "))
LENGTH = 24
BUDGET = 9
CONVENTIONS = {  # a checkpoint of each, and whether to think
    "none": ("v3", None),
    "none, with a colon": ("llm-7b-chat", None),
    "prefilled": ("r1-distill-qwen-1.5b", None),
    "written": ("r1-0528-qwen3-8b", None),
    "plain text": ("r1-zero", None),
    "hybrid, thinking": ("v3.1", True),
    "hybrid, not thinking": ("v3.1", False),
    "hybrid by default": ("v3.2", None),
}


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=len(TOKENIZER),
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        initializer_range=0.25,
        tie_word_embeddings=False,
    )
    model = Qwen2ForCausalLM(config).eval()
    with torch.no_grad():
        model.lm_head.weight[[i for i in range(len(TOKENIZER)) if i not in LETTERS]] = 0  # never the likeliest
    return model


@pytest.fixture
def serve(model):
    served = []

    def serve(name, driver=Inline, context_tokens=1024):
        loaded = LoadedModel(
            name="tiny",
            model=model,
            tokenizer=TOKENIZER,
            precision="fp32",
            device="cpu",
            context_tokens=context_tokens,
            stop_ids=frozenset({TOKENIZER.eos_token_id}),
            weight_bytes=0,
        )
        limits = EngineLimits(context_tokens=context_tokens, kv_bytes=1 << 28)
        engine = driver if driver not in (Inline, Worker) else driver(Engine(prepare(model), limits=limits))
        served.append(ServedModel(loaded, engine, spec=catalog.find(name)))
        return served[-1]

    yield serve
    for one in served:
        one.close()


def ask(*, tokens=LENGTH, **options):
    sampling = Sampling(temperature=0, max_new_tokens=tokens)
    return Request(messages=(Message(role="user", content="why?"),), sampling=sampling, **options)


def read(served, request):
    """Return (reasoning, answer, usage) of a whole reply."""
    events = list(served.stream(request))
    assert isinstance(events[-1], Done)
    texts = ("".join(e.text for e in events if isinstance(e, kind)) for kind in (Reasoning, Answer))
    return (*texts, events[-1].usage)


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("budget", [None, BUDGET, 0])
def test_a_reply_cut_anywhere_goes_on_as_if_it_had_not_been_cut(serve, convention, budget):
    name, thinking = CONVENTIONS[convention]
    served = serve(name)
    options = {"thinking": thinking, "thinking_budget": budget}
    reasoning, answer, _ = read(served, ask(**options))
    assert len(reasoning + answer) == LENGTH
    for cut in range(1, LENGTH):
        thought, said, usage = read(served, ask(tokens=cut, **options))
        assert usage.finish_reason == "length"
        begun = Begun(reasoning=thought, answer=said, is_thinking=bool(thought) and not said)
        more_thought, more, usage = read(served, ask(tokens=LENGTH - cut, begun=begun, **options))
        assert (thought + more_thought, said + more) == (reasoning, answer)
        assert usage.generated_tokens == LENGTH - cut


@pytest.mark.parametrize("driver", [Inline, Worker])
@pytest.mark.parametrize("convention", ["prefilled", "hybrid, thinking", "hybrid by default"])
def test_a_thought_has_as_many_tokens_as_its_budget_and_then_the_model_answers(serve, convention, driver):
    name, thinking = CONVENTIONS[convention]
    served = serve(name, driver)
    free, _, _ = read(served, ask(thinking=thinking))
    thought, answer, usage = read(served, ask(thinking=thinking, thinking_budget=BUDGET))
    assert thought == free[:BUDGET]
    assert len(answer) == LENGTH - BUDGET
    assert (usage.generated_tokens, usage.finish_reason) == (LENGTH, "length")
    assert usage.cached_tokens <= usage.prompt_tokens
    assert usage.time_to_first_token_s > 0
    assert usage.tokens_per_second > 0


@pytest.mark.parametrize(("name", "closing"), [("r1", "\n</think>\n\n"), ("v3.1", "</think>")])
def test_the_model_reads_its_closed_thought_as_the_family_writes_it(serve, name, closing):
    driver = Script("hm" * 9, "ok")
    read(serve(name, driver), ask(thinking=True, thinking_budget=4))
    first, second = (TOKENIZER.decode(row.job.prompt) for row in driver.rows)
    assert second == f"{first}hmhm{closing}"
    assert driver.rows[0].is_cancelled
    assert driver.rows[1].job.sampling.max_new_tokens == LENGTH - 4


def test_a_thought_that_closes_by_itself_is_left_alone(serve):
    driver = Script("hm</think>yes")
    assert read(serve("r1", driver), ask(thinking_budget=3))[:2] == ("hm", "yes")
    assert len(driver.rows) == 1


def test_the_tag_that_a_model_writes_itself_is_no_thought(serve):
    driver = Script("<think>hmhm", "ok")
    assert read(serve("r1-0528", driver), ask(thinking_budget=2))[:2] == ("hm", "ok")


def test_an_answer_after_no_thought_may_not_open_one(serve):
    driver = Script("<think>hm", "ok")
    assert read(serve("r1-0528", driver), ask(thinking_budget=0))[:2] == ("", "ok")


def test_what_was_begun_counts_towards_the_budget(serve):
    begun = Begun(reasoning="hmhm", is_thinking=True)
    driver = Script("hmhm", "ok")
    assert read(serve("r1", driver), ask(thinking_budget=6, begun=begun))[:2] == ("hm", "ok")
    driver = Script("ok")
    assert read(serve("r1", driver), ask(thinking_budget=3, begun=begun))[:2] == ("", "ok")


def test_a_budget_means_nothing_to_a_model_that_does_not_think(serve):
    driver = Script("yes")
    assert read(serve("v3", driver), ask(thinking_budget=0))[:2] == ("", "yes")
    assert TOKENIZER.decode(driver.rows[0].job.prompt).endswith("<｜Assistant｜>")


def test_no_room_for_an_answer_is_a_reply_cut_off(serve):
    thought, answer, usage = read(serve("r1"), ask(tokens=BUDGET, thinking_budget=BUDGET))
    assert (len(thought), answer, usage.finish_reason) == (BUDGET, "", "length")
    prompt = read(serve("r1"), ask(tokens=1))[2].prompt_tokens
    thought, answer, usage = read(serve("r1", context_tokens=prompt + BUDGET + 2), ask(thinking_budget=BUDGET))
    assert (len(thought), answer, usage.finish_reason) == (BUDGET, "", "length")


def test_an_answer_waits_for_a_place_that_others_took(serve):
    driver = Script("hmhm", BusyError("full"), "ok")
    assert read(serve("r1", driver), ask(thinking_budget=2))[:2] == ("hm", "ok")


@pytest.mark.parametrize("budget", [-1, 10**9, 1.5, True, "many"])
def test_an_absurd_budget_is_refused_in_plain_words(budget):
    with pytest.raises(RequestError, match=r"Thinking budget is .*; it must be a whole number from 0 to 131,072"):
        ask(thinking_budget=budget)


class Script:
    """An engine that says what it was given, one row after the other."""

    def __init__(self, *said):
        self.said = list(said)
        self.rows = []

    def submit(self, job):
        said = self.said.pop(0)
        if isinstance(said, Exception):
            raise said
        self.rows.append(Row(job, max_new_tokens=99))
        self.rows[-1].said = said
        return self.rows[-1]

    def events(self, row, *, wait_s):
        yield from (Token(id=i) for i in TOKENIZER.encode(row.said, add_special_tokens=False))
        yield Finished(reason="stop")

    def close(self, *, drain_s=0.0):
        pass
