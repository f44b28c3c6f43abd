import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepseek_space.errors import RequestError
from deepseek_space.text.codegen import LANGUAGES, CodeAnswer, gap_end, generation_messages, split_code


def test_the_instruction_names_task_language_and_fence():
    (message,) = generation_messages("  nth Fibonacci number\n", "C++")
    assert message.role == "user"
    assert "nth Fibonacci number\n" in message.content
    assert "C++ code" in message.content
    assert "```cpp" in message.content


@pytest.mark.parametrize("task", ["", " \n\t"])
def test_a_blank_task_is_refused(task):
    with pytest.raises(RequestError, match="empty"):
        generation_messages(task, "Python")


def test_an_unknown_language_is_named():
    with pytest.raises(RequestError, match=r"'Klingon'.*Python"):
        generation_messages("x", "Klingon")


def test_languages_are_common_ones():
    assert {"Python", "JavaScript", "C", "C++", "Rust", "Go", "Java", "SQL"} <= set(LANGUAGES)


@pytest.mark.parametrize(
    ("answer", "code", "language", "explanation"),
    [
        ("Hi\n```python\nx = 1\n```\nbye", "x = 1", "Python", "Hi\nbye"),
        ("```py\n\tif x:\n\t\ty\n```", "\tif x:\n\t\ty", "Python", ""),
        ("~~~\nx\n~~~", "x", "", ""),
        ("```C++\nint x;\n```", "int x;", "C++", ""),
        ("```brainfuck\n+\n```", "+", "brainfuck", ""),
        ("````md\n```\nx\n```\n````", "```\nx\n```", "md", ""),
        ("~~~sh\n```\n~~~", "```", "Shell", ""),
        ("1. Do this:\n\n      ```python\n      def f():\n          pass\n      ```\ndone",
         "def f():\n    pass", "Python", "1. Do this:\n\ndone"),
        ("```python\r\nx = 1\r\n```\r\n", "x = 1", "Python", ""),
        ("```python\nx\n\n```", "x\n", "Python", ""),
        ("no code at all, only `x`", "", "", "no code at all, only `x`"),
        ("", "", "", ""),
        # still being written
        ("Sure:\n``", "", "", "Sure:\n``"),
        ("Sure:\n```", "", "", "Sure:"),
        ("Sure:\n```pyth", "", "pyth", "Sure:"),
        ("Sure:\n```python\n", "", "Python", "Sure:"),
        ("Sure:\n```python\nx = 1", "x = 1", "Python", "Sure:"),
        ("Sure:\n```python\nx = 1\n``", "x = 1", "Python", "Sure:"),
        ("Sure:\n```python\nx = 1\n```", "x = 1", "Python", "Sure:"),
        ("```c\na\n```\n```c\nb\n```", "a", "C", "```c\nb\n```"),
    ],
)  # fmt: skip
def test_code_and_explanation_come_apart(answer, code, language, explanation):
    assert split_code(answer) == CodeAnswer(code=code, language=language, explanation=explanation)


def test_the_block_in_the_wanted_language_is_the_code():
    answer = "Install:\n```bash\npip install x\n```\nThen:\n```python\nimport x\n```\n"
    taken = split_code(answer, "Python")
    assert (taken.code, taken.language) == ("import x", "Python")
    assert "pip install x" in taken.explanation
    assert split_code(answer, "Rust").code == "pip install x"


def test_a_fence_without_a_word_is_in_the_wanted_language():
    assert split_code("```\nx\n```", "Go").language == "Go"


@given(code=st.lists(st.sampled_from(["x = 1", "\tdeep", "    wide ", "", "`", "# ```", "~~~ no"]), min_size=1))
def test_code_survives_unchanged_and_grows_while_it_is_written(code):
    body = "\n".join(["first", *code, "last"])
    answer = f"Here.\n```python\n{body}\n```\nThere."
    assert split_code(answer) == CodeAnswer(code=body, language="Python", explanation="Here.\nThere.")
    for end in range(len("Here.\n```python\n"), len(answer)):
        assert body.startswith(split_code(answer[:end]).code)


@pytest.mark.parametrize(
    ("suffix", "stop"),
    [
        ("\n    return total\n", ("\n    return total",)),
        (")\n\n    return f(x)  \nmore", ("\n    return f(x)",)),
        ("\n}\n)\n", ()),
        ("", ()),
    ],
)
def test_a_gap_ends_where_the_code_after_it_would_begin_again(suffix, stop):
    assert gap_end(suffix) == stop
