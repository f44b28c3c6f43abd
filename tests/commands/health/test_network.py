"""The Hub, its token and the package index, each as it may be."""

import pytest
from huggingface_hub import constants

from deepseek_space.commands.health import network
from deepseek_space.models.downloads.hub import Hub
from deepseek_space.models.starter_gguf import SMOLLM2
from fake_hub import running_hub


@pytest.fixture
def cache_dir(tmp_path):
    """A cache folder in which the starter is."""
    (tmp_path / SMOLLM2.gguf_name).touch()
    return tmp_path


@pytest.fixture
def hub():
    with running_hub() as hub:
        hub.owners["hf_ada"] = "ada"
        yield hub


def test_a_hub_that_answers_says_whose_token_it_is(cache_dir, hub):
    found = list(network.look(cache_dir, Hub(endpoint=hub.url, token="hf_ada")))
    assert [(finding.verdict, finding.subject) for finding in found] == [
        ("ok", "Hub"),
        ("ok", "token"),
        ("ok", "starter"),
    ]
    assert found[1].text == "that of ada"
    assert not any("hf_ada" in finding.text for finding in found)


def test_no_token_is_well(cache_dir, hub, monkeypatch):
    monkeypatch.setattr(network, "get_token", lambda: None)
    assert [finding.verdict for finding in network.look(cache_dir, Hub(endpoint=hub.url))] == ["ok", "ok", "ok"]


def test_a_token_that_is_refused_fails_as_it_locks_out_of_all_models(cache_dir, hub):
    _, token, _ = network.look(cache_dir, Hub(endpoint=hub.url, token="hf_old"))
    assert token.verdict == "fail"
    assert "HTTP 401" in token.text
    assert f"{hub.url}/settings/tokens" in token.remedy


def test_a_hub_in_trouble_does_not_condemn_the_token(cache_dir, hub):
    asked = network.look(cache_dir, Hub(endpoint=hub.url, token="hf_ada"))
    assert next(asked).verdict == "ok"
    hub.answer_with("api", 503)
    assert (token := next(asked)).verdict == "warn"
    assert "HTTP 503" in token.text


def test_no_network_and_a_page_for_logging_in_warn_with_the_way_out(cache_dir, hub):
    away, _ = network.look(cache_dir, Hub(endpoint="http://127.0.0.1:9"))
    assert (away.verdict, "HF_ENDPOINT" in away.remedy) == ("warn", True)
    assert "http://127.0.0.1:9 cannot be reached" in away.text
    hub.login_page = b"<html>Welcome, guest!"
    page, _ = network.look(cache_dir, Hub(endpoint=hub.url, token="hf_ada"))
    assert (page.verdict, "logging in" in page.text) == ("warn", True)


def test_offline_by_choice_asks_nobody(cache_dir, hub, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    offline, _ = network.look(cache_dir, Hub(endpoint=hub.url))
    assert (offline.verdict, "Unset HF_HUB_OFFLINE" in offline.remedy) == ("warn", True)
    assert not hub.api_calls


def test_an_index_without_the_starter_warns(tmp_path, hub, monkeypatch):
    for name, value in {
        "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
        "PIP_FIND_LINKS": "",
        "PIP_NO_INDEX": "0",
    }.items():
        monkeypatch.setenv(name, value)
    *_, starter = network.look(tmp_path, Hub(endpoint=hub.url, token="hf_ada"))
    assert starter.verdict == "warn"
    assert SMOLLM2.requirement in starter.text
    assert "--model FOLDER" in starter.remedy
