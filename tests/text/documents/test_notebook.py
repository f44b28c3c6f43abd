"""Notebooks become Markdown: cells in order, code fenced, the text of outputs under it."""

import json

from deepseek_space.text.documents.document import DAMAGED
from sample_files import notebook


def test_cells_and_their_outputs(text_of):
    cells = notebook(
        {"cell_type": "markdown", "source": ["# Title\n", "words"]},
        {
            "cell_type": "code",
            "source": "print(1)\n1 / 0",
            "outputs": [
                {"output_type": "stream", "text": ["1\n"]},
                {"output_type": "execute_result", "data": {"text/plain": ["42"], "image/png": "AAAA"}},
                {"output_type": "error", "traceback": ["\x1b[0;31mZeroDivisionError\x1b[0m: division by zero"]},
            ],
        },
        {"cell_type": "code", "source": [], "outputs": []},
    )
    assert text_of("n.ipynb", cells) == (
        "# Title\nwords\n\n```python\nprint(1)\n1 / 0\n```\n\n```text\n1\n```\n\n```text\n42\n```\n\n"
        "```text\nZeroDivisionError: division by zero\n```"
    )


def test_a_fence_is_longer_than_those_within(text_of):
    text = text_of("n.ipynb", notebook({"cell_type": "code", "source": 'print("```")'}))
    assert text == '````python\nprint("```")\n````'


def test_a_long_output_is_cut(text_of):
    printed = {"output_type": "stream", "text": "epoch\n" * 10_000}
    text = text_of("n.ipynb", notebook({"cell_type": "code", "source": "train()", "outputs": [printed]}))
    assert len(text) < 5000
    assert text.endswith("…\n```")


def test_the_format_of_before_2015_is_read(text_of):
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1"], "outputs": []}]}], "nbformat": 3}
    assert text_of("old.ipynb", json.dumps(old).encode()) == "```\nx = 1\n```"


def test_what_is_no_notebook_is_refused(refusal_of):
    for data in (b"{", b"[1, 2]", b'{"cells": 3}'):
        assert refusal_of("n.ipynb", data) == DAMAGED.format(name="n.ipynb")
    assert refusal_of("n.ipynb", notebook()) == "n.ipynb is empty."


def test_what_is_null_is_not_there(text_of):
    cells = [
        {"cell_type": "markdown", "source": None},
        {"cell_type": "code", "source": "1 + 1", "outputs": None},
        {"cell_type": "code", "source": "2", "outputs": [{"data": None, "text": None, "traceback": None}]},
    ]
    for metadata in (None, {"kernelspec": None}, {"kernelspec": {"language": None}, "language_info": None}):
        whole = json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4}).encode()
        assert text_of("n.ipynb", whole) == "```\n1 + 1\n```\n\n```\n2\n```"


def test_the_language_is_known_from_what_has_run_as_well(text_of):
    metadata = {"kernelspec": None, "language_info": {"name": "julia"}}
    whole = json.dumps({"cells": [{"cell_type": "code", "source": "1"}], "metadata": metadata}).encode()
    assert text_of("n.ipynb", whole) == "```julia\n1\n```"
