"""Secrets are pointed out, ordinary code is not."""

import pytest

from deepseek_space.chat.workspace.secrets_in_text import find_secrets


@pytest.mark.parametrize(
    "line",
    ["-----BEGIN RSA PRIVATE KEY-----", "key = AKIA" + "A1B2" * 4, "t = 'ghp_" + "a1" * 18 + "'", "HF=hf_" + "a" * 34,
     "sk-" + "a1b2" * 6, 'password = "hunter22hunter"', "api_key: 'abcdefgh1234'"],
)  # fmt: skip
def test_found(line: str):
    assert [number for number, _ in find_secrets(f"x = 1\n{line}\n")] == [2]


@pytest.mark.parametrize(
    "line",
    ["password = input()", 'password = ""', "token = tokens[0]", "api_key = os.environ['KEY']", "task-force", "AKIA",
     'secret = f"{name}-{number}"'],
)  # fmt: skip
def test_not_found(line: str):
    assert find_secrets(line) == []
