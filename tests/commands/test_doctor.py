"""``doctor``: one line for each thing, a remedy below what is amiss, and an exit code."""

import pytest

from deepseek_space.commands import doctor
from deepseek_space.commands.health.finding import Finding
from openai_server import card, openai_server

WELL = Finding(verdict="ok", subject="machine", text="8 cores")
POOR = Finding(verdict="warn", subject="Hub", text="away", remedy="Come back.")
ILL = Finding(verdict="fail", subject="Hub cache", text="full", remedy="Free some.")


@pytest.mark.parametrize(("found", "code"), [((WELL,), 0), ((WELL, POOR), 0), ((ILL, WELL), 1)])
def test_only_what_keeps_the_app_from_working_ends_with_1(run, monkeypatch, found, code):
    monkeypatch.setattr(doctor, "findings", lambda settings: iter(found))
    assert run("doctor")[0] == code


def test_each_finding_is_a_line_and_its_remedy_one_below_it(run, monkeypatch):
    monkeypatch.setattr(doctor, "findings", lambda settings: iter((WELL, ILL)))
    assert run("doctor")[1] == (
        "ok    machine    8 cores\nfail  Hub cache  full\n                 → Free some.\n\n1 ok, 0 warn, 1 fail\n"
    )


def test_a_server_that_answers_in_place_of_this_machine_is_asked_instead(run):
    with openai_server(card("deepseek-ai/DeepSeek-R1")) as server:
        code, said = run("doctor", "--remote", server.url)
    assert code == 0
    assert f"ok    server     remote: {server.host} answers with DeepSeek R1\n" in said
    assert "\nok    machine" not in said
    code, said = run("doctor", "--remote", server.url)
    assert code == 1
    assert "fail  server " in said
