"""The command line in this process: which command is run, and with which code it ends."""

import pytest

from deepseek_space import cli


@pytest.mark.parametrize("flags", [("plan", "r1-distil"), ("--model", "r1-distil"), ("serve", "--model", "r1-distil")])
@pytest.mark.parametrize("program", ["python app.py", "deepseek-space"])
def test_an_unknown_model_ends_with_2_wherever_it_is_named(run, flags, program):
    code, said = run(*flags, program=program)
    assert code == 2
    assert said.startswith(f"{program.split()[-1]}: ")
    assert "r1-distill" in said
    assert said.endswith(f"The list: {program} plan\n")


def test_a_command_that_is_not_there_is_named_beside_those_that_are(run):
    code, said = run("plam")
    assert code == 2
    assert f"no command 'plam'; choose from {', '.join(cli.COMMANDS)}." in said


def test_help_says_where_keys_come_from_and_how_to_ask_what_fits(run):
    code, said = run("--help", program="python app.py")
    assert code == 0
    text = "".join(said.split())
    assert "DEEPSEEK_SPACE_REMOTE_KEYfor--remote,DEEPSEEK_SPACE_COMPARE_REMOTE_KEYfor--compare-remote" in text
    assert "usage: python app.py " in said
    assert "python app.py plan --help" in " ".join(said.split())
