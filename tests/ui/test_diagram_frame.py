"""The document that draws diagrams: it runs what is named by its hash, and reaches nobody."""

from base64 import b64encode
from hashlib import sha256

import httpx

from deepseek_space.ui.diagram_frame import policy
from deepseek_space.ui.libraries import libraries


def rules(text: str) -> dict[str, str]:
    return dict(rule.split(" ", 1) for rule in text.split("; "))


def test_it_has_no_origin_and_no_network():
    held = rules(policy("<script>1</script>"))
    assert held["sandbox"] == "allow-scripts"  # above all not allow-same-origin
    assert held["default-src"] == held["form-action"] == held["base-uri"] == "'none'"
    assert "http" not in policy("")
    assert "'self'" not in policy("").replace("frame-ancestors 'self'", "")


def test_it_runs_its_own_script_and_the_library_and_none_that_a_diagram_brings():
    own = b64encode(sha256(b"1").digest()).decode()
    allowed = {f"'sha256-{own}'", *(f"'sha256-{hashed}'" for hashed in libraries()["mermaid"].files.values())}
    assert set(rules(policy("<script>1</script>"))["script-src"].split()) == allowed


def test_it_is_served_with_its_own_policy_and_not_the_page_s(url):
    answer = httpx.get(f"{url}diagram-frame")
    assert answer.headers["content-security-policy"] == policy(answer.text)
    assert 'securityLevel: "strict"' in answer.text
