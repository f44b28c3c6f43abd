"""The limit on open files is raised as far as it goes, and said where it is too low; each in a process of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from deepseek_space.web.descriptors import room_for_connections

SOURCE = Path(__file__).parent.parent.parent / "src"
CODE = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2])))
from deepseek_space.errors import UsageError
from deepseek_space.web.descriptors import raise_limit
try:
    print(raise_limit(), *resource.getrlimit(resource.RLIMIT_NOFILE))
except UsageError as error:
    print(error)
"""


def raised(soft, hard):
    run = [sys.executable, "-c", CODE, str(soft), str(hard)]
    return subprocess.run(run, env={"PYTHONPATH": str(SOURCE)}, capture_output=True, text=True, check=True).stdout


def test_what_the_system_allows_is_taken():
    assert raised(256, 4096) == "4096 4096 4096\n"


def test_too_few_are_said_with_the_way_out():
    assert "Only 64 files" in raised(64, 64)
    assert "ulimit -n 1024" in raised(64, 64)


@pytest.mark.parametrize(("limit", "room"), [(256, 64), (1024, 768), (20_000, 8192), (65_536, 8192)])
def test_some_are_kept_for_what_is_no_connection(limit, room):
    assert room_for_connections(limit) == room
