"""Secrets in a text, by the shapes that their issuers document: pointed out before a file is shared, never sent."""

import re

from deepseek_space.sentences import Sentence

_MOST = 20
_SHAPES = (
    (Sentence("a private key"), re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----")),
    (Sentence("an AWS key"), re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    (Sentence("a GitHub token"), re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})\b")),
    (Sentence("a Hugging Face token"), re.compile(r"\bhf_[A-Za-z0-9]{30,}\b")),
    (Sentence("an API key"), re.compile(r"\bsk-[A-Za-z0-9_-]{20,}\b")),
    (Sentence("a Slack token"), re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}\b")),
    (Sentence("a Google key"), re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b")),
    (
        Sentence("a password"),
        re.compile(r"""(?i)\b(?:password|passwd|secret|api_?key|token)["']?\s*[:=]\s*["'][^"'\s{}$<>]{8,}["']"""),
    ),
)  # fmt: skip


def find_secrets(text: str) -> list[tuple[int, Sentence]]:
    """Return the lines, from 1, that look as if they held a secret, and of what kind."""
    found: list[tuple[int, Sentence]] = []
    for number, line in enumerate(text.split("\n"), 1):
        kind = next((kind for kind, shape in _SHAPES if shape.search(line[:2000])), None)
        if kind is not None:
            found.append((number, kind))
            if len(found) == _MOST:
                break
    return found
