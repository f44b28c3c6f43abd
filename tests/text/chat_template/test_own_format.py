"""Odd chat templates: asked in the way in which they show the question, or refused by name."""

from types import SimpleNamespace

import pytest

from deepseek_space.errors import RequestError
from deepseek_space.text.chat_template.own_format import OwnFormat
from deepseek_space.types import Message

QUESTION = Message(role="user", content="What is 6 × 7?")
PLAIN = "{% for m in messages %}[{{ m.content }}]{% endfor %}"
IN_PARTS = (
    "{% for m in messages %}{% for part in m.content %}{% if part.type == 'text' %}<{{ part.text }}>{% endif %}"
    "{% endfor %}{% endfor %}"
)
ONLY_PARTS = "{% if messages[0].content is string %}{{ raise_exception('Parts only') }}{% endif %}" + IN_PARTS


def own(template):
    return OwnFormat(SimpleNamespace(chat_template=template, special_tokens_map={}))


@pytest.mark.parametrize("template", [IN_PARTS, ONLY_PARTS])
def test_a_template_that_reads_content_in_parts_gets_it_so(template):
    system = Message(role="system", content="Be brief.")
    assert own(template).render([system, QUESTION]) == "<Be brief.><What is 6 × 7?>"


def test_of_several_templates_the_default_is_taken_without_a_word():
    several = own({"tool_use": "{{ tools | length }}", "default": PLAIN})
    assert several.render([QUESTION]) == "[What is 6 × 7?]"
    assert several.note == ""


def test_where_none_is_the_default_the_first_that_shows_the_question_is_taken_and_named():
    several = own({"rag": "{{ documents[0].text }}", "silent": "Hello", "chatml": PLAIN})
    assert several.render([QUESTION]) == "[What is 6 × 7?]"
    assert "3 chat templates" in several.note
    assert "chatml" in several.note


def test_a_template_that_leaves_out_the_question_is_refused():
    with pytest.raises(RequestError, match="leaves out what is asked"):
        own("{{ bos_token }}Hello").render([QUESTION])


@pytest.mark.parametrize("template", [None, "", {}, 5, ["a"], {"default": None}])
def test_what_is_no_template_is_none(template):
    assert not own(template)


def test_a_template_that_needs_more_than_a_question_is_asked_all_the_same():
    answer = Message(role="assistant", content="42")
    assert own("{{ messages[1].content }}").render([QUESTION, answer, QUESTION]) == "42"
    with pytest.raises(RequestError, match="breaks down"):
        own("{{ messages[1].content }}").render([QUESTION])
