"""Names of files: plain relative paths, each in one spelling."""

import pytest

from deepseek_space.chat.workspace.paths import check_twin, checked_path
from deepseek_space.errors import RequestError


@pytest.mark.parametrize("path", ["a.py", "src/a b.py", "./src/a.py", "数据/表.csv", ".env", "Dockerfile"])
def test_taken(path: str):
    assert checked_path(path) == path.removeprefix("./")


@pytest.mark.parametrize(
    "path",
    ["", " ", "../a", "a/../../b", "/etc/passwd", "C:/a", "C:\\a", "a\\b", "a//b", "a/", "a/./b", "a\0b", "a\nb",
     "x" * 201, "/".join("a" * 17), "a/ b", "\u202eyp.a", "con<1>"],
)  # fmt: skip
def test_refused(path: str):
    with pytest.raises(RequestError):
        checked_path(path)


@pytest.mark.parametrize("others", [["readme.md"], ["README.md/a.py"], ["Readme.MD"]])
def test_one_that_some_disks_take_for_another(others: list[str]):
    with pytest.raises(RequestError):
        check_twin("README.md", others)
    check_twin("README.md", ["README.md", "readme.txt"])
