"""Which packages are there, against what is asked for."""

import sys

from packaging.requirements import Requirement

from deepseek_space.commands.health import packages


def test_what_the_tests_run_with_is_well():
    (finding,) = packages.look()
    assert finding.verdict == "ok"
    assert "torch " in finding.text


def test_a_missing_package_fails_and_another_version_warns_each_with_the_command_that_mends_it():
    wanted = (Requirement("no-such-package>=1"), Requirement("gradio<2"), Requirement("torch"))
    missing, other, rest = packages.look(wanted)
    assert (missing.verdict, missing.text) == ("fail", "no-such-package is missing.")
    assert missing.remedy == f'{sys.executable} -m pip install "no-such-package>=1"'
    assert other.verdict == "warn"
    assert "tested with <2" in other.text
    assert "1 of 3 packages" in rest.text
