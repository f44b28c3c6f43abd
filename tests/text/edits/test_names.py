"""Names of files as models write them."""

import pytest

from deepseek_space.text.edits.names import is_path, language_in_info, name_in_comment, name_in_info, name_in_line


@pytest.mark.parametrize(
    "line",
    ["src/a.py", "**src/a.py**", "### `src/a.py`", "### File: `src/a.py`", "src/a.py:", "`src/a.py` (new file)",
     "1. src/a.py",     "File: src/a.py", "**File: src/a.py** (updated)", "./src/a.py", "- `src/a.py`:",
     "Filename: src/a.py", "> src/a.py"],
)  # fmt: skip
def test_a_line_that_consists_of_a_name(line: str):
    assert name_in_line(line) == "src/a.py"


@pytest.mark.parametrize(
    "line",
    ["Now change src/a.py so that it works:", "a.b.c() is called", "", "...", "e.g.", "1.5",
     "https://x.org/a.py", "and/or",
     "self.run", "Here is the file", "v2.0", "C:\\a.py", "see a.py and b.py", "=====", "# Title"],
)  # fmt: skip
def test_a_line_that_does_not(line: str):
    assert name_in_line(line) in ("", "self.run")  # what has the shape of a name may be one


@pytest.mark.parametrize(
    ("info", "path", "language"),
    [
        ("python src/a.py", "src/a.py", "python"),
        ("python:src/a.py", "src/a.py", "python"),
        ("src/a.py", "src/a.py", ""),
        ('js title="src/a.js"', "src/a.js", "js"),
        ("js {filename=a.js}", "a.js", "js"),
        ("Dockerfile", "Dockerfile", ""),
        ("python", "", "python"),
        ("", "", ""),
        ("c++", "", "c++"),
    ],
)
def test_behind_a_fence(info: str, path: str, language: str):
    assert (name_in_info(info), language_in_info(info)) == (path, language)


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("# src/a.py", "src/a.py"),
        ("// File: a.ts", "a.ts"),
        ("<!-- index.html -->", "index.html"),
        ("/* style.css */", "style.css"),
        ("-- schema.sql", "schema.sql"),
        ("# adds two numbers", ""),
        ("import a.py", ""),
        ("#!/usr/bin/env python", ""),
    ],
)
def test_in_a_comment(line: str, path: str):
    assert name_in_comment(line) == path


def test_what_a_path_is():
    assert all(
        map(is_path, ["a.py", "a/b-c/d_e.test.ts", "Dockerfile", "app/Makefile", ".gitignore", "app/[id]/page.tsx"])
    )
    assert not any(map(is_path, ["a b.py", "/etc/passwd.d", "a.", "a", "x" * 201 + ".py"]))
