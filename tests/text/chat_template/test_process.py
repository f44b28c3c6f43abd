"""A chat template is rendered as transformers would, and one that goes wrong ends nothing but itself."""

import gc

import psutil
import pytest

from deepseek_space.errors import RequestError
from deepseek_space.text.chat_template.process import TemplateLimits, TemplateProcess
from tiny_tokenizers import deepseek_tokenizer

CONVERSATION = [
    {"role": "system", "content": "Be <brief> & 'kind'."},
    {"role": "user", "content": "Wie geht's? 你好 \U0001f642"},
    {"role": "assistant", "content": "<think>so</think>\n\nGut."},
    {"role": "user", "content": "  And now?\n"},
]
FEATURES = {
    "blocks are trimmed": "{% for m in messages %}\n    {% if m.role == 'user' %}\n[{{ m.content }}]\n    {% endif %}\n"
    "{% endfor %}\n",
    "namespaces": "{% set ns = namespace(n=0, last='') %}{% for m in messages %}{% set ns.n = ns.n + 1 %}"
    "{% set ns.last = m['content'] %}{% endfor %}{{ ns.n }}{{ ns.last | trim }}",
    "loops that break": "{% for m in messages %}{% if loop.index0 == 1 %}{% continue %}{% endif %}"
    "{% if loop.last %}{% break %}{% endif %}{{ m.content }}{% endfor %}",
    "json": "{{ messages | tojson }}{{ messages[0] | tojson(indent=2) }}",
    "generation": "{% for m in messages %}{% generation %}{{ m.content }}{% endgeneration %};{% endfor %}",
    "macros": "{% macro turn(m) %}<{{ m.role }}>{{ m.content.split('</think>')[-1].lstrip('\\n') }}{% endmacro %}"
    "{% for m in messages %}{{ turn(m) }}{% endfor %}{% if add_generation_prompt %}<a>{% endif %}",
    "special tokens": "{{ bos_token }}{{ messages[-1]['content'] }}{{ eos_token }}",
    "what is not given": "{% if tools is not none %}{{ tools }}{% endif %}"
    "{% if enable_thinking is defined %}T{% endif %}{{ absent }}"
    "{{ messages[1:] | length }}{{ dict(a=1).items() | list }}",
}


def rendered(source, messages=CONVERSATION, **limits):
    return TemplateProcess(source, {"bos_token": "<b>", "eos_token": "<e>"}, limits=TemplateLimits(**limits)).render(
        messages
    )


def test_every_documented_feature_gives_what_transformers_gives():
    for name, source in FEATURES.items():
        tokenizer = deepseek_tokenizer(chat_template=source)
        process = TemplateProcess(source, tokenizer.special_tokens_map)
        for choice in ({}, {"enable_thinking": False}):
            expected = tokenizer.apply_chat_template(CONVERSATION, tokenize=False, add_generation_prompt=True, **choice)
            assert process.render(CONVERSATION, **choice) == expected, name


THREE_DEEP = "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}" + "{% endfor %}" * 3
DOUBLES = (
    "{% set ns = namespace(s='x' * 1024) %}{% for a in range(40) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}"
)
ENDLESS = {
    "three loops of a hundred thousand": THREE_DEEP,
    "a text that doubles itself": DOUBLES,
    "one large text": "{{ 'x' * 10 ** 11 }}",
    "a text for the screen's width": "{{ '%9999999999d' % 1 }}",
    "much that is written": "{% for a in range(99999) %}{{ 'x' * 9999 }}{% endfor %}",
    "one that calls itself": "{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}",
}


@pytest.mark.parametrize("source", ENDLESS.values(), ids=ENDLESS)
def test_a_template_without_an_end_is_ended_and_named(source):
    with pytest.raises(RequestError, match=r"chat template did not come to an end within 0\.3 seconds"):
        rendered(source, cpu_s=0.3, memory_bytes=2**28)


def test_one_that_does_not_end_for_one_conversation_serves_the_next_and_is_given_up_after_a_few():
    source = "{% if messages[0].content == 'x' %}" + THREE_DEEP + "{% endif %}[{{ messages[0].content }}]"
    process = TemplateProcess(source, {}, limits=TemplateLimits(cpu_s=0.2))
    good, bad = ([{"role": "user", "content": content}] for content in "ax")
    for _ in range(3):
        assert process.render(good) == "[a]"
        with pytest.raises(RequestError, match="did not come to an end"):
            process.render(bad)
    with pytest.raises(RequestError, match="did not come to an end"):
        process.render(good)


def test_the_words_of_a_template_are_passed_on_and_those_of_a_library_are_not():
    with pytest.raises(RequestError, match=r"refuses this conversation \(Roles must alternate\)\. Start a new chat"):
        rendered("{{ raise_exception('Roles must alternate') }}")
    for source, kind in (("{{ 1 // 0 }}", "ZeroDivisionError"), ("{% if %}", "TemplateSyntaxError")):
        with pytest.raises(RequestError, match=rf"breaks down on this conversation \({kind}\)\."):
            rendered(source)


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ raise_exception.__globals__.x }}",
        "{{ messages.append(1) }}",
        "{{ namespace(__class__=1) }}",
        "{{ strftime_now.__self__.x }}",
    ],
)
def test_no_way_leads_out_of_the_sandbox(source):
    with pytest.raises(RequestError, match="breaks down"):
        rendered(source)


def children():
    return {child.pid for child in psutil.Process().children()}


def test_the_process_goes_with_what_asked_it():
    before = children()
    process = TemplateProcess("{{ messages[0].content }}", {})
    assert children() == before
    process.render(CONVERSATION)
    (pid,) = children() - before
    process.render(CONVERSATION)
    assert children() - before == {pid}
    del process
    gc.collect()
    left = [child for child in psutil.Process().children() if child.pid == pid]
    assert psutil.wait_procs(left, timeout=5)[1] == []
