import pytest

from deepseek_space.text.templates import MATH_DIRECTIVE_EN, MATH_DIRECTIVE_ZH
from deepseek_space.ui.parts.composer import with_maths_directive


@pytest.mark.parametrize(
    ("question", "directive"), [("What is 2 + 2?", MATH_DIRECTIVE_EN), ("2 + 2 等于多少？", MATH_DIRECTIVE_ZH)]
)
def test_the_maths_directive_follows_the_question_in_its_language_and_can_be_taken_back(question, directive):
    asked = with_maths_directive(question)
    assert asked == f"{question}\n\n{directive}"
    assert with_maths_directive(asked) == question


def test_without_a_question_it_stands_alone():
    assert with_maths_directive("  ") == MATH_DIRECTIVE_EN
    assert with_maths_directive(MATH_DIRECTIVE_EN) == ""
