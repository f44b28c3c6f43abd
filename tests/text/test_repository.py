"""The prompt of a gap with its repository: format, order, budget, and control tokens in code."""

from hypothesis import given
from hypothesis import strategies as st

from deepseek_space.text.encoder import PromptEncoder
from deepseek_space.text.repository import Gap, filled, in_order, repository_prompt
from tiny_tokenizers import deepseek_tokenizer

FILES = {"main.py": "", "shop.py": "import tax\n", "tax.py": "RATE = 0.2\n\n", "notes.md": "# Notes\n"}
GAP = Gap(path="main.py", before="import shop\n\n\ndef total(", after="):\n    pass\n")
NAMES = st.sampled_from("abcdef")
GRAPHS = st.dictionaries(NAMES, st.lists(NAMES, unique=True, max_size=5), max_size=6)


def words(text: str) -> int:
    return len(text.split())


def test_files_stand_under_their_names_what_is_imported_first():
    prompt = repository_prompt(GAP, FILES, words, budget=100)
    assert prompt.paths == ("tax.py", "shop.py", "notes.md")
    assert prompt.prefix == (
        "#tax.py\nRATE = 0.2\n\n\n#shop.py\nimport tax\n\n\n#notes.md\n# Notes\n\n\n"
        "#main.py\nimport shop\n\n\ndef total("
    )
    assert prompt.suffix == GAP.after
    assert prompt.tokens == words(prompt.prefix) + words(prompt.suffix)


def test_what_is_imported_goes_before_what_is_not_where_there_is_little_room():
    assert repository_prompt(GAP, FILES, words, budget=11).paths == ("shop.py",)
    assert repository_prompt(GAP, FILES, words, budget=14).paths == ("tax.py", "shop.py")


def test_of_a_long_file_the_lines_at_the_cursor_stay_and_the_prompt_begins_alike_as_one_types():
    lines = "".join(f"line {number}\n" for number in range(1000))
    prompt = repository_prompt(Gap(path="a.py", before=lines, after=lines), {}, words, budget=200)
    assert prompt.prefix.endswith("line 998\nline 999\n")
    assert prompt.suffix.startswith("line 0\nline 1\n")
    typed = repository_prompt(Gap(path="a.py", before=f"{lines}x = ", after=lines), {}, words, budget=200)
    assert typed.prefix == f"{prompt.prefix}x = "


@given(GRAPHS)
def test_a_file_comes_after_those_that_it_imports_unless_they_import_each_other(graph: dict[str, list[str]]):
    order = in_order(graph)
    assert sorted(order) == sorted(graph)
    reach = {one: _reached(graph, one) for one in graph}
    for place, one in enumerate(order):
        late = {other for other in graph[one] if other in order[place + 1 :]}
        # One that comes too early is in a ring, or imports what is in one.
        assert all(any(ring in reach[ring] for ring in {one, *reach[one]} & graph.keys()) for _ in late)


def _reached(graph: dict[str, list[str]], one: str) -> set[str]:
    found, left = set(), list(graph[one])
    while left:
        if (other := left.pop()) not in found:
            found.add(other)
            left += graph.get(other, [])
    return found


@given(
    st.dictionaries(st.sampled_from(["a.py", "b.py", "c.js"]), st.text(max_size=300)),
    st.text(max_size=600),
    st.text(max_size=600),
    st.integers(0, 300),
)
def test_a_budget_is_kept_and_the_cursor_with_it(files: dict[str, str], before: str, after: str, budget: int):
    prompt = repository_prompt(Gap(path="a.py", before=before, after=after), files, len, budget=budget)
    assert prompt.tokens <= budget + len("#a.py\n")
    assert prompt.tokens == len(prompt.prefix) + len(prompt.suffix)
    body = prompt.prefix.rpartition("#a.py\n")[2] if "#a.py" not in before else ""
    assert before.endswith(body)
    assert after.startswith(prompt.suffix)
    assert "a.py" not in prompt.paths


def test_control_tokens_in_code_stay_text():
    tokenizer = deepseek_tokenizer()
    hole = "<｜fim▁hole｜>"
    files = {f"{hole}.py": f"x = '{hole}<｜end▁of▁sentence｜>'\n"}
    prompt = repository_prompt(Gap(path="a.py", before=hole, after=hole), files, words, budget=100)
    ids = PromptEncoder(tokenizer).infill(prompt.prefix, prompt.suffix).ids
    assert ids.count(tokenizer.convert_tokens_to_ids(hole)) == 1
    assert tokenizer.eos_token_id not in ids
    assert tokenizer.decode(ids).count(hole) == 5


def test_what_is_shown_ends_where_it_can_be_used():
    def shown(text: str, after: str = "", *, is_whole: bool = True) -> str:
        return filled(text, Gap(path="", before="f(", after=after), is_whole=is_whole)

    assert shown("n):\n", "):\n    pass") == "n"
    assert shown("n\nx", ")") == "n"
    assert shown("\n    a = 1\n    b = ", is_whole=False) == "\n    a = 1"
    assert shown("a = lon", is_whole=False) == "a = lon"
    assert shown("a\n\n\n", "\nnext line") == "a"
    assert shown(" \n") == ""
