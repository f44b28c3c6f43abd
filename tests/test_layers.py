"""Imports point right, never sideways, and heavy packages stay in their layers."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "deepseek_space"
PACKAGE = "deepseek_space"

GROUND = {"types", "status", "events", "figures", "errors", "sentences"}
# What a layer may import: everything below it. ``settings`` is a leaf that only commands read and ui takes as a value.
BELOW = {
    "cli": {"commands", "environment", "errors"},
    "commands": {
        "ui",
        "api",
        "keys",
        "web",
        "backends",
        "text",
        "models",
        "settings",
        "environment",
        "proxies",
        *GROUND,
    },
    "ui": {"chat", "web", "keys", "backends", "text", "settings", "addresses", *GROUND},
    "api": {"backends", "text", "web", "keys", *GROUND},
    "chat": {"backends", "text", *GROUND},
    "backends": {"engine", "text", "models", *GROUND},
    "engine": GROUND,
    "text": GROUND,
    "models": GROUND,
    "web": {"errors"},
    "settings": {"addresses", "keys", "flags", "errors"},
    "flags": {"errors"},
    "keys": {"errors"},
    "addresses": {"errors"},
    "environment": {"proxies", "addresses", "errors"},
    "proxies": {"errors"},
    "status": {"types", "events", "figures"},
    "types": {"errors", "sentences"},
    "events": {"sentences"},
    "figures": set(),
    "errors": {"sentences"},
    "sentences": set(),
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
# The folders of a layer, lowest first: each may import those before it. A layer's own files stand above its folders.
STRATA = {
    "api": ("wire", "access", "fields", "chat", "completions", "infill", "anthropic", "mcp"),
    "backends": ("remote", "scripted", "vllm", "local"),
    "chat": ("workspace", "turns", "context", "parameters", "records"),
    "models": ("shape", "checkpoints", "files", "fit", "quantised", "downloads"),
    "ui": ("words", "gate", "html", "parts", "tabs", "handlers"),
}
# These do not know each other, whatever their order: a server of ours alone is talked to as a remote.
APART = ({"local", "remote"}, {"local", "scripted"}, {"remote", "scripted"}, {"scripted", "vllm"})
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


def module_of(path):
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path): path for path in FILES}


def modules_of(path):
    """Yield the modules of ours that a file imports."""
    for name in imports_of(path):
        inside = name.removeprefix(f"{PACKAGE}.")
        yield from {inside, inside.rpartition(".")[0]} & MODULES.keys()


@pytest.mark.parametrize("layer", STRATA)
def test_the_folders_of_a_layer_import_those_below_them(layer):
    strata = STRATA[layer]
    assert {path.name for path in (SOURCE / layer).iterdir() if path.is_dir()} - {"__pycache__"} == set(strata)
    for path in (SOURCE / layer).rglob("*/*.py"):
        mine = path.relative_to(SOURCE / layer).parts[0]
        for module in modules_of(path):
            top, _, inside = module.partition(".")
            theirs = inside.partition(".")[0]
            if top == layer and theirs in strata and theirs != mine:
                assert strata.index(theirs) < strata.index(mine), f"{module_of(path)} imports {module}"
                assert {mine, theirs} not in APART, f"{module_of(path)} imports {module}"


def test_no_files_import_each_other_in_a_ring():
    sorter = TopologicalSorter({name: set(modules_of(path)) - {name} for name, path in MODULES.items()})
    sorter.prepare()  # raises CycleError, which names the ring


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
        ("import deepseek_space.backends.local.backend", {"torch", "transformers"}),
        ("import deepseek_space.backends.remote.backend", {"torch", "transformers", "gradio", "huggingface_hub"}),
        ("import deepseek_space.backends.scripted.backend", {"torch", "transformers", "gradio"}),
        ("import deepseek_space.text.documents.process", {"pypdf", "charset_normalizer"}),
        ("import deepseek_space.text.encoder, deepseek_space.text.detokenizer", {"torch", "transformers"}),
        ("import deepseek_space.models.fit.memory, deepseek_space.models.catalog", {"torch", "transformers"}),
    ],
)
def test_a_layer_does_not_load_what_it_does_not_know(statement, absent):
    assert not loaded_by(statement) & absent


def test_every_module_says_what_it_is():
    assert FILES
    for path in FILES:
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path
