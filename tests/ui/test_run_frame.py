"""The document that programs run in: a stranger to the app, by a policy of its own."""

import httpx

from deepseek_space.ui.run_frame import policy


def rules(text: str) -> dict[str, str]:
    return dict(rule.split(" ", 1) for rule in text.split("; "))


def test_it_has_no_origin_no_network_and_nowhere_to_go():
    held = rules(policy(network=False))
    assert held["sandbox"] == "allow-scripts"  # above all not allow-same-origin
    assert held["frame-src"] == held["connect-src"] == held["default-src"] == held["form-action"] == "'none'"
    assert "http" not in policy(network=False)


def test_switched_on_the_network_is_there_and_nothing_else_changes():
    off, on = rules(policy(network=False)), rules(policy(network=True))
    assert on["connect-src"] == "https:"
    assert {name for name in off if off[name] != on[name]} == {
        "script-src", "style-src", "img-src", "font-src", "media-src", "connect-src",
    }  # fmt: skip


def test_it_is_served_with_its_own_policy_and_not_the_page_s(url):
    for path, network in (("run-frame", False), ("run-frame/network", True)):
        answer = httpx.get(f"{url}{path}")
        assert answer.headers["content-security-policy"] == policy(network=network)
        assert "<script>" in answer.text
    assert "loadPyodide" in httpx.get(f"{url}run-frame/python.js").text
