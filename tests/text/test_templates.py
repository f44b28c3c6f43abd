import pytest

from deepseek_space.errors import Unsupported
from deepseek_space.text.templates import MATH_DIRECTIVE_EN, MATH_DIRECTIVE_ZH, fim_prompt, render
from deepseek_space.types import Message
from tiny_tokenizers import BOS, EOS

SYSTEM = Message(role="system", content="Be brief.")
QUESTION = Message(role="user", content="What is 2+2?")
ANSWER = Message(role="assistant", content="4", reasoning="Two and two.")
FOLLOW_UP = Message(role="user", content="And 3+3?")
CHAT = [QUESTION, ANSWER, FOLLOW_UP]

CODER_SYSTEM = (
    "You are an AI programming assistant, utilizing the DeepSeek Coder model, developed by DeepSeek Company, and you "
    "only answer questions related to computer science. For politically sensitive questions, security and privacy "
    "issues, and other non-computer science questions, you will refuse to answer.\n"
)
R1_ZERO_SYSTEM = (
    "A conversation between User and Assistant. The user asks a question, and the Assistant solves it. The assistant "
    "first thinks about the reasoning process in the mind and then provides the user with the answer. The reasoning "
    "process and answer are enclosed within <think> </think> and <answer> </answer> tags, respectively, i.e., "
    "<think> reasoning process here </think> <answer> answer here </answer>. "
)
PLAIN_TURNS = f"User: What is 2+2?\n\nAssistant: 4{EOS}User: And 3+3?\n\nAssistant:"
CODER_TURNS = "### Instruction:\nWhat is 2+2?\n### Response:\n4\n<|EOT|>\n### Instruction:\nAnd 3+3?\n### Response:\n"
ROLE_TURNS = f"<｜User｜>What is 2+2?<｜Assistant｜>4{EOS}<｜User｜>And 3+3?<｜Assistant｜>"
HYBRID_TURNS = f"<｜User｜>What is 2+2?<｜Assistant｜></think>4{EOS}<｜User｜>And 3+3?<｜Assistant｜>"
FAMILIES = ("plain", "coder", "v2-0628", "v2.5", "r1", "r1-0528", "r1-zero", "v3.1", "v3.2")


@pytest.mark.parametrize(
    ("family", "thinking", "without_system", "with_system"),
    [
        ("plain", None, BOS + PLAIN_TURNS, f"{BOS}Be brief.\n\n{PLAIN_TURNS}"),
        ("coder", None, BOS + CODER_SYSTEM + CODER_TURNS, f"{BOS}Be brief.\n{CODER_TURNS}"),
        ("v2-0628", None, BOS + ROLE_TURNS, f"{BOS}Be brief.\n\n{ROLE_TURNS}"),
        ("v2.5", None, BOS + ROLE_TURNS, f"{BOS}Be brief.{ROLE_TURNS}"),
        ("r1-0528", None, BOS + ROLE_TURNS, f"{BOS}Be brief.{ROLE_TURNS}"),
        (
            "r1",
            None,
            f"{BOS}{ROLE_TURNS}<think>\n",
            f"{BOS}<｜User｜>Be brief.\n\nWhat is 2+2?<｜Assistant｜>4{EOS}<｜User｜>And 3+3?<｜Assistant｜><think>\n",
        ),
        (
            "r1-zero",
            None,
            f"{BOS}{R1_ZERO_SYSTEM}User: What is 2+2?. Assistant: 4{EOS}User: And 3+3?. Assistant:",
            f"{BOS}{R1_ZERO_SYSTEM}User: Be brief.\n\nWhat is 2+2?. Assistant: 4{EOS}User: And 3+3?. Assistant:",
        ),
        ("v3.1", None, f"{BOS}{HYBRID_TURNS}</think>", f"{BOS}Be brief.{HYBRID_TURNS}</think>"),
        ("v3.1", True, f"{BOS}{HYBRID_TURNS}<think>", f"{BOS}Be brief.{HYBRID_TURNS}<think>"),
        ("v3.2", None, f"{BOS}{HYBRID_TURNS}<think>", f"{BOS}Be brief.{HYBRID_TURNS}<think>"),
        ("v3.2", False, f"{BOS}{HYBRID_TURNS}</think>", f"{BOS}Be brief.{HYBRID_TURNS}</think>"),
    ],
)
def test_prompts_are_the_published_ones_to_the_character(family, thinking, without_system, with_system):
    assert render(family, CHAT, thinking=thinking) == without_system
    assert render(family, [SYSTEM, *CHAT], thinking=thinking) == with_system


def test_several_system_messages_are_joined_by_a_blank_line():
    second = Message(role="system", content="Be kind.")
    assert render("v2.5", [SYSTEM, QUESTION, second]).startswith(f"{BOS}Be brief.\n\nBe kind.<｜User｜>What")


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("thought", ["<think>SECRET</think>", "\n<think>\nSECRET", "<think>\nSECRET\n</think>\n\n"])
def test_thoughts_never_go_back(family, thought):
    before = Message(role="assistant", content=f"{thought}", reasoning="SECRET")
    assert "SECRET" not in render(family, [QUESTION, before, FOLLOW_UP])


def test_an_answer_that_quotes_the_tags_is_whole():
    quoted = "R1 writes <think> and then </think>."
    before = Message(role="assistant", content=f"<think>hm</think>{quoted}")
    assert f"<｜Assistant｜>{quoted}{EOS}" in render("r1", [QUESTION, before, FOLLOW_UP])
    before = Message(role="assistant", content=quoted)
    assert f"<｜Assistant｜>{quoted}{EOS}" in render("r1", [QUESTION, before, FOLLOW_UP])


def test_a_base_model_says_what_it_can_do():
    with pytest.raises(Unsupported, match="continues a text"):
        render("base", [QUESTION])


def test_completion_prompts():
    assert fim_prompt("a(\n", "\n)") == "<｜fim▁begin｜>a(\n<｜fim▁hole｜>\n)<｜fim▁end｜>"


def test_the_maths_directives_keep_their_backslash():
    assert r"\boxed{}" in MATH_DIRECTIVE_EN
    assert r"\boxed{}" in MATH_DIRECTIVE_ZH
    assert "\b" not in MATH_DIRECTIVE_EN + MATH_DIRECTIVE_ZH
