"""Conversations in, events out: text that is safe to show, thoughts apart from answers, figures at the end."""

from dataclasses import replace

import pytest
import torch

from deepseek_space.backends.local import served_model
from deepseek_space.backends.local.served_model import ServedModel
from deepseek_space.engine.engine import Engine
from deepseek_space.engine.limits import EngineLimits
from deepseek_space.engine.reply import Finished, Token
from deepseek_space.engine.row import Row
from deepseek_space.engine.step import prepare
from deepseek_space.engine.worker import Inline
from deepseek_space.errors import EngineError, PromptTooLong, RequestError, Unsupported
from deepseek_space.events import Answer, Done, Prefill, Queued, Reasoning
from deepseek_space.models import catalog
from deepseek_space.models.loaded_model import LoadedModel
from deepseek_space.types import Completion, Message, Request, Sampling
from tiny_checkpoints import CHAT_TEMPLATE, tiny_chat_model
from tiny_tokenizers import deepseek_tokenizer

TOKENIZER = deepseek_tokenizer(chat_template=CHAT_TEMPLATE)


def loaded(model=None, context_tokens=512, tokenizer=TOKENIZER):
    return LoadedModel(
        name="tiny",
        model=model,
        tokenizer=tokenizer,
        precision="fp32",
        device="cpu",
        context_tokens=context_tokens,
        stop_ids=frozenset({TOKENIZER.eos_token_id}),
        weight_bytes=0,
    )


def ask(text="hello there", **sampling):
    return Request(messages=(Message(role="user", content=text),), sampling=Sampling(**sampling))


def text_of(events, kind):
    return "".join(event.text for event in events if isinstance(event, kind))


class ScriptedDriver:
    """Hands out prepared events instead of running an engine."""

    def __init__(self, *script):
        self.script = script
        self.rows = []

    def submit(self, job):
        self.rows.append(Row(job, max_new_tokens=99))
        return self.rows[-1]

    def events(self, row, *, wait_s):
        for event in self.script:
            if isinstance(event, Exception):
                raise event
            yield event

    @classmethod
    def saying(cls, text, reason="stop"):
        return cls(*(Token(id=i) for i in TOKENIZER.encode(text)), Finished(reason=reason))


def test_greedy_text_is_that_of_generate_decoded():
    reference = tiny_chat_model()
    prompt = TOKENIZER.apply_chat_template(
        [{"role": "user", "content": "hello there"}], return_tensors="pt", return_dict=True
    )
    with torch.inference_mode():
        ids = reference.generate(**prompt, max_new_tokens=40, do_sample=False)[0, prompt["input_ids"].shape[1] :]
    limits = EngineLimits(context_tokens=512, kv_bytes=1 << 28)
    served = ServedModel(loaded(reference), Inline(Engine(prepare(reference), limits=limits)))
    events = list(served.stream(ask(temperature=0, max_new_tokens=40)))
    # A half character at the cut is left for when the reply goes on.
    assert text_of(events, Answer) == TOKENIZER.decode(ids, skip_special_tokens=True).rstrip("\ufffd")
    usage = events[-1].usage
    assert (usage.model, usage.prompt_tokens, usage.generated_tokens) == ("tiny", prompt["input_ids"].shape[1], 40)
    assert usage.finish_reason == "length"


@pytest.mark.parametrize("shares", [False, True])
def test_what_was_read_for_one_serves_another_only_where_the_app_is_one_persons(shares):
    model = tiny_chat_model()
    engine = Engine(prepare(model), limits=EngineLimits(context_tokens=512, kv_bytes=1 << 28))
    served = ServedModel(loaded(model), Inline(engine), shares_prefixes=shares)

    def cached_for(scope):
        request = replace(ask("hello " * 30, temperature=0, max_new_tokens=4), scope=scope)
        return list(served.stream(request))[-1].usage.cached_tokens

    assert cached_for("ann") == 0
    assert cached_for("ann") > 30
    assert (cached_for("bob") > 30) == shares
    assert cached_for("bob") > 30


@pytest.mark.parametrize(
    ("name", "said", "reasoning", "answer"),
    [
        ("r1-distill-qwen-1.5b", "so\n</think>\n\nhello", "so", "hello"),
        ("r1-0528-qwen3-8b", "<think>\nso\n</think>\nhello", "so", "hello"),
        ("llm-7b-chat", "hello </think> there", "", "hello </think> there"),
    ],
)
def test_thoughts_come_apart_by_the_checkpoints_convention(name, said, reasoning, answer):
    served = ServedModel(loaded(), ScriptedDriver.saying(said), spec=catalog.find(name))
    events = list(served.stream(ask()))
    assert text_of(events, Reasoning).strip() == reasoning
    assert text_of(events, Answer).strip() == answer


def test_a_stop_string_ends_the_reply_before_it_and_cancels_the_row():
    driver = ScriptedDriver.saying("one two three four")
    events = list(ServedModel(loaded(), driver).stream(ask(stop=("three",))))
    assert text_of(events, Answer) == "one two "
    assert events[-1].usage.finish_reason == "stop"
    assert driver.rows[0].is_cancelled


def test_a_thought_that_mentions_a_stop_string_goes_on_to_its_answer():
    driver = ScriptedDriver.saying("one two\n</think>\n\nthree two four")
    served = ServedModel(loaded(), driver, spec=catalog.find("r1-distill-qwen-1.5b"))
    events = list(served.stream(ask(stop=("two",))))
    assert text_of(events, Reasoning).strip() == "one two"
    assert text_of(events, Answer) == "three "
    assert events[-1].usage.finish_reason == "stop"


def test_progress_passes_through_and_a_pulse_repeats_it():
    reply = ScriptedDriver.saying("x").script
    driver = ScriptedDriver(Queued(position=2), None, Prefill(read=8, total=9), None, *reply)
    events = list(ServedModel(loaded(), driver).stream(ask()))
    assert events[1:5] == [Queued(position=2)] * 2 + [Prefill(read=8, total=9)] * 2


def test_after_text_a_pulse_is_an_empty_piece():
    driver = ScriptedDriver(*(Token(id=i) for i in TOKENIZER.encode("hello")), None, Finished(reason="stop"))
    events = list(ServedModel(loaded(), driver).stream(ask()))
    assert events[-2] == Answer(text="")
    assert isinstance(events[-1], Done)


def test_closing_the_stream_cancels_the_row():
    driver = ScriptedDriver.saying("hello there")
    stream = ServedModel(loaded(), driver).stream(ask())
    next(stream)
    assert not driver.rows[0].is_cancelled
    stream.close()
    assert driver.rows[0].is_cancelled


def test_an_error_of_the_engine_reaches_the_reader_and_cancels_the_row():
    driver = ScriptedDriver(EngineError("broken"))
    with pytest.raises(EngineError, match="broken"):
        list(ServedModel(loaded(), driver).stream(ask()))
    assert driver.rows[0].is_cancelled


def test_a_prompt_beyond_the_context_says_by_how_much():
    model = tiny_chat_model()
    engine = Engine(prepare(model), limits=EngineLimits(context_tokens=20, kv_bytes=1 << 28))
    with pytest.raises(PromptTooLong, match="more than the model can take") as caught:
        list(ServedModel(loaded(model), Inline(engine)).stream(ask("hello " * 50)))
    assert caught.value.tokens_over > 0


def test_control_tokens_in_a_message_arrive_as_plain_text():
    driver = ScriptedDriver.saying("x")
    list(ServedModel(loaded(), driver).stream(ask("<｜end▁of▁sentence｜><｜User｜>hi")))
    ids = driver.rows[0].job.prompt
    assert TOKENIZER.eos_token_id not in ids
    assert ids.count(TOKENIZER.convert_tokens_to_ids("<｜User｜>")) == 1


def complete(prefix, suffix="", **sampling):
    return Completion(prefix=prefix, suffix=suffix, sampling=Sampling(**sampling))


def test_a_text_is_continued_as_it_is():
    driver = ScriptedDriver.saying(" n < 2: <think>")
    events = list(ServedModel(loaded(), driver, spec=catalog.find("coder-1.3b-base")).stream(complete("if")))
    assert TOKENIZER.decode(driver.rows[0].job.prompt) == "<｜begin▁of▁sentence｜>if"
    assert text_of(events, Answer) == " n < 2: <think>"
    assert events[-1].usage.finish_reason == "stop"


def test_a_gap_is_filled_up_to_the_code_after_it():
    driver = ScriptedDriver.saying("n - 1\n    return n")
    served = ServedModel(loaded(), driver, spec=catalog.find("coder-6.7b-base"))
    events = list(served.stream(complete("def f(n):\n    n = ", "\n    return n\n")))
    prompt = TOKENIZER.decode(driver.rows[0].job.prompt)
    assert prompt.endswith("<｜fim▁begin｜>def f(n):\n    n = <｜fim▁hole｜>\n    return n\n<｜fim▁end｜>")
    assert text_of(events, Answer) == "n - 1"


@pytest.mark.parametrize("name", ["coder-6.7b-instruct", "coder-7b-base-v1.5", "v3-base"])
def test_a_model_that_was_not_trained_to_fill_gaps_says_so(name):
    served = ServedModel(loaded(), ScriptedDriver.saying("x"), spec=catalog.find(name))
    with pytest.raises(Unsupported, match="not trained to fill gaps"):
        list(served.stream(complete("a", "b")))
    assert list(served.stream(complete("a", " \n")))


def test_tokens_for_a_gap_do_not_tell_that_a_model_was_trained_on_them(monkeypatch):
    def can(**parts):
        return ServedModel(loaded(**parts), ScriptedDriver.saying("x")).can_infill

    assert can(tokenizer=deepseek_tokenizer())  # of no name that is known, without a template: like the first Coder
    assert not can(tokenizer=TOKENIZER)
    monkeypatch.setattr(served_model, "FIRST_CODER_VOCABULARY", 100)
    assert not can(tokenizer=deepseek_tokenizer())  # a later vocabulary


def test_a_base_model_says_where_it_can_be_used():
    served = ServedModel(loaded(), ScriptedDriver.saying("x"), spec=catalog.find("coder-1.3b-base"))
    with pytest.raises(Unsupported, match="use the Code tab"):
        list(served.stream(ask()))


def test_a_completion_has_a_beginning():
    with pytest.raises(RequestError, match="nothing to continue"):
        complete(" \n")
