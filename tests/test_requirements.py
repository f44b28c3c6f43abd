"""What is declared is what the code imports, what the tests ran with, and what a Space's builder can bring together."""

import ast
import sys
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest
from huggingface_hub import SpaceCard
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PACKAGE = "deepseek_space"


def required():
    lines = (line.partition("#")[0].strip() for line in (ROOT / "requirements.txt").read_text().splitlines())
    found = [Requirement(line) for line in lines if line]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


REQUIRED = required()


def imported_from(path):
    """The top-level names that ``path`` imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield node.module.partition(".")[0]
        elif isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)


def test_what_is_imported_is_declared():
    places = {name: path for path in (ROOT / "src").rglob("*.py") for name in imported_from(path)}
    names = places.keys() - sys.stdlib_module_names - {PACKAGE}
    assert {"torch", "gradio", "orjson"} <= names
    brought_by = packages_distributions()
    for name in names:
        distributions = {canonicalize_name(distribution) for distribution in brought_by.get(name, ())}
        assert distributions & REQUIRED.keys(), f"{places[name]} imports {name}: write it into requirements.txt"


@pytest.mark.parametrize("name", REQUIRED)
def test_the_tests_ran_with_what_is_asked_for(name):
    assert REQUIRED[name].specifier.contains(version(name), prereleases=True)


def test_the_builder_of_a_space_chooses_spaces_and_gradio():
    card = SpaceCard((ROOT / "README.md").read_text(encoding="utf-8")).data
    assert not REQUIRED["spaces"].specifier
    assert card.sdk_version in REQUIRED["gradio"].specifier
    assert card.sdk_version == version("gradio"), "the Space would run another Gradio than the tests"
    assert not any(requirement.url for requirement in REQUIRED.values())  # installed before the repository is there


def test_templates_of_any_repository_are_read_by_a_jinja_that_keeps_them_in():
    assert "3.1.5" not in REQUIRED["jinja2"].specifier
