"""Imports point right, never sideways, and heavy packages stay in their layers."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "deepseek_space"
PACKAGE = "deepseek_space"

# What a layer may import: everything below it. ``settings`` is a leaf that only commands read and ui takes as a value.
BELOW = {
    "cli": {"commands", "environment", "errors"},
    "commands": {"ui", "api", "web", "backends", "engine", "text", "models", "types", "events", "errors", "settings"}
    | {"environment", "proxies"},
    "ui": {"web", "backends", "engine", "text", "models", "types", "events", "errors", "settings", "addresses"},
    "api": {"backends", "engine", "text", "models", "types", "events", "figures", "errors"},
    "backends": {"engine", "text", "models", "types", "events", "errors"},
    "engine": {"types", "events", "figures", "errors"},
    "text": {"types", "events", "errors"},
    "models": {"types", "events", "errors"},
    "web": {"errors"},
    "settings": {"addresses", "errors"},
    "addresses": {"errors"},
    "environment": {"proxies", "addresses", "errors"},
    "proxies": {"errors"},
    "types": {"events", "figures", "errors"},
    "events": set(),
    "figures": set(),
    "errors": set(),
    "__init__": set(),
    "__main__": {"cli"},
}
HOMES = {
    "gradio": {"ui"},
    "torch": {"engine", "models"},
    "transformers": {"engine", "models"},
    "bitsandbytes": {"models"},
    "accelerate": {"models"},
    "huggingface_hub": {"models", "commands"},
    "httpx2": {"backends"},
}
FILES = sorted(SOURCE.rglob("*.py"))


def layer_of(path):
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write absolute imports"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_right(path):
    layer = layer_of(path)
    for name in imports_of(path):
        top, _, rest = name.partition(".")
        if top == PACKAGE:
            target = rest.split(".")[0]
            assert target == layer or target in BELOW[layer] or target == "__version__", f"{layer} imports {name}"
        elif top in HOMES:
            assert layer in HOMES[top], f"{layer} imports {name}"


def loaded_by(statement):
    code = f"import sys; sys.path.insert(0, {str(SOURCE.parent)!r}); {statement}; print(*sys.modules)"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    return {name.split(".")[0] for name in output.split()}


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import deepseek_space.cli", {"torch", "gradio", "transformers"}),
        ("import deepseek_space.commands.deploy", {"torch", "gradio", "segno", "psutil", "pydantic"}),
        ("import deepseek_space.commands.serve", {"torch", "gradio", "transformers"}),
        ("import deepseek_space.ui.app", {"torch", "transformers", "pypdf"}),
        ("import deepseek_space.backends.local", {"torch", "transformers"}),
        ("import deepseek_space.backends.remote", {"torch", "transformers", "gradio", "huggingface_hub"}),
        ("import deepseek_space.backends.fake", {"torch", "transformers", "gradio"}),
        ("import deepseek_space.text.documents.process", {"pypdf", "charset_normalizer"}),
        ("import deepseek_space.text.encoder, deepseek_space.text.detokenizer", {"torch", "transformers"}),
        ("import deepseek_space.models.fit.memory, deepseek_space.models.catalog", {"torch", "transformers"}),
        ("import deepseek_space.engine.engine", {"gradio", "huggingface_hub_cli"}),
    ],
)
def test_a_layer_does_not_load_what_it_does_not_know(statement, absent):
    assert not loaded_by(statement) & absent


def test_every_module_says_what_it_is():
    assert FILES
    for path in FILES:
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path
