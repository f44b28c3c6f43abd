"""A reply that is held to a grammar: each token the likeliest that fits, from the thought's end on."""

import json

import pytest
import torch

from deepseek_space.engine.drafter import Drafter
from deepseek_space.engine.engine import Engine
from deepseek_space.engine.guide import Guide
from deepseek_space.engine.limits import EngineLimits
from deepseek_space.engine.reply import Job
from deepseek_space.engine.step import prepare
from deepseek_space.errors import EngineError
from deepseek_space.text.grammar import matcher_for
from deepseek_space.text.token_bytes import TokenBytes
from deepseek_space.types import Constraint, Penalties, Sampling
from tiny_checkpoints import CHAT_TEMPLATE, tiny_chat_model
from tiny_tokenizers import deepseek_tokenizer

TOKENIZER = deepseek_tokenizer(chat_template=CHAT_TEMPLATE)
EOS, TAG, OPENING = TOKENIZER.convert_tokens_to_ids([TOKENIZER.eos_token, "</think>", "<think>"])
TOKENS = TokenBytes(TOKENIZER, stop_ids=frozenset({EOS}))
PROMPT = tuple(TOKENIZER.encode("hello there", add_special_tokens=False))
SCHEMA = {
    "type": "object",
    "properties": {"first": {"type": "integer"}, "kind": {"enum": ["fib", "answer"]}},
    "required": ["first", "kind"],
    "additionalProperties": False,
}
CONSTRAINT = Constraint(kind="json_schema", text=json.dumps(SCHEMA))
# In the first places come these two and the closing tag, whatever the model would say.
THOUGHT = tuple(TOKENIZER.encode("hn", add_special_tokens=False))
CLOSES_SOON = Penalties(frequency=300.0, bias=((THOUGHT[0], 1000.0), (THOUGHT[1], 900.0), (TAG, 750.0)))


@pytest.fixture(scope="module")
def model():
    return prepare(tiny_chat_model())


def guide(**options):
    matcher = matcher_for(options.pop("constraint", CONSTRAINT), TOKENS)
    return Guide(matcher, size=TOKENS.trie.vocab_size, bytes_of=TOKENS.of, closing=b"</think>", **options)


def written(model, held, *, new_tokens=60, temperature=0, penalties=None, drafts=True, seed=0):
    limits = EngineLimits(context_tokens=512, kv_bytes=1 << 28, drafts=drafts)
    engine = Engine(model, limits=limits)
    sampling = Sampling(temperature=temperature, top_p=1, max_new_tokens=new_tokens, seed=seed)
    penalties = penalties or Penalties()
    row = engine.submit(
        Job(prompt=PROMPT, sampling=sampling, guide=held, penalties=penalties, stop_ids=frozenset({EOS}))
    )
    while not row.is_finished:
        engine.step()
    *_, last = row.events(wait_s=1)
    return tuple(row.ids[len(PROMPT) :]), last.reason, engine


def expected(new_tokens=60):
    """What a plain loop writes that reads all anew and asks the grammar anew at each token."""
    plain, reply = tiny_chat_model(), []
    while len(reply) < new_tokens:
        with torch.inference_mode():
            scores = plain(torch.tensor([[*PROMPT, *reply]])).logits[0, -1]
        matcher = matcher_for(CONSTRAINT, TOKENS)
        matcher.consume_tokens(reply)
        allowed = torch.tensor(list(matcher.compute_logit_bias())[: len(scores)]) > 0
        token = int(scores.masked_fill(~allowed, -torch.inf).argmax())
        if token == EOS:
            break
        reply.append(token)
    return tuple(reply)


@pytest.mark.parametrize("drafts", [True, False])
def test_each_token_is_the_likeliest_that_fits(model, drafts):
    reply, _, engine = written(model, guide(), drafts=drafts)
    assert reply == expected()
    if drafts:
        assert engine.counters.accepted_tokens > 0  # what must come is known before


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_drawn_fits_and_a_reply_that_was_cut_is_a_beginning(model, seed):
    reply, reason, _ = written(model, guide(), temperature=2, seed=seed)
    if reason == "stop":
        value = json.loads(TOKENIZER.decode(reply))
        assert isinstance(value["first"], int)
        assert value["kind"] in ("fib", "answer")
    matcher = matcher_for(CONSTRAINT, TOKENS)
    assert matcher.consume_tokens(list(reply))
    cut, reason, _ = written(model, guide(), temperature=2, seed=seed, new_tokens=5)
    assert (cut, reason) == (reply[:5], "length")


@pytest.mark.parametrize("ahead", [1, 2, 3, 5])
def test_the_grammar_holds_from_the_tag_also_within_a_run_of_guesses(model, ahead, monkeypatch):
    plain, _, _ = written(model, guide(is_thinking=True), penalties=CLOSES_SOON, drafts=False)
    assert plain[:3] == (*THOUGHT, TAG)
    assert TOKENIZER.decode(plain[3:]).startswith("{")
    foretold = (*THOUGHT, TAG, *THOUGHT, *THOUGHT)  # beyond the tag nothing that fits
    monkeypatch.setattr(
        Drafter, "draft", lambda _, ids, at_most: foretold[len(ids) - len(PROMPT) :][: min(ahead, at_most)]
    )
    guessed, _, engine = written(model, guide(is_thinking=True), penalties=CLOSES_SOON)
    assert guessed == plain
    assert engine.counters.accepted_tokens > 0


@pytest.mark.parametrize("bias", [1000.0, -1000.0])
def test_a_thought_may_be_opened_in_the_first_place_and_nowhere_else(model, bias):
    penalties = Penalties(frequency=300.0, bias=((OPENING, bias), (TAG, 900.0)))
    reply, _, _ = written(model, guide(opening=OPENING), penalties=penalties)
    thought = (OPENING, TAG) if bias > 0 else ()
    assert reply[: len(thought)] == thought
    assert TOKENIZER.decode(reply[len(thought) :]).startswith("{")


def test_a_tag_that_is_written_in_pieces_ends_a_thought_too():
    held = guide(is_thinking=True)
    for token in TOKENIZER.encode("hm </thin k></thin", add_special_tokens=False):
        held.accept(token)
    scores = torch.zeros(TOKENS.trie.vocab_size)
    assert torch.equal(held.hold(scores), scores)
    for token in TOKENIZER.encode("k>", add_special_tokens=False):
        held.accept(token)
    assert held.hold(scores).isinf().any()


def test_a_guide_for_the_answer_begins_anew(model):
    held = guide(is_thinking=True)
    written(model, held, penalties=CLOSES_SOON)
    reply, _, _ = written(model, held.for_answer())
    assert reply == expected()


def test_a_row_that_the_grammar_leaves_no_token_fails_alone(model):
    held = guide()
    held._matcher.consume_tokens(TOKENIZER.encode("no", add_special_tokens=False))
    with pytest.raises(EngineError, match="format asked for"):
        written(model, held)
