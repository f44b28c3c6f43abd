"""The README and docs tell the truth about the Space, the flags and the files."""

import re
import runpy
from dataclasses import fields
from pathlib import Path

import pytest
from huggingface_hub import SpaceCard

from deepseek_space.settings import ENV_PREFIX, Settings

ROOT = Path(__file__).parent.parent
OTHERS_FLAGS = {"index-url", "help"}  # pip's and argparse's
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.fixture(scope="module")
def card():
    return SpaceCard(README).data


def test_the_front_matter_makes_a_gradio_space(card):
    assert (card.sdk, card.app_file, card.license) == ("gradio", "app.py", "apache-2.0")
    assert (ROOT / card.app_file).is_file()
    assert len(card.short_description) <= 60
    assert card.models == ["deepseek-ai/DeepSeek-R1-0528-Qwen3-8B", "deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B"]


@pytest.mark.parametrize("field", [f for f in fields(Settings) if f.metadata], ids=lambda f: f.name)
def test_every_flag_is_in_the_table(field):
    table = (ROOT / "docs" / "flags.md").read_text(encoding="utf-8")
    # What is on is shown by the flag that turns it off.
    flag, value = ("--no-", "=0") if field.default is True else ("--", "")
    assert f"`{flag}{field.name.replace('_', '-')}`" in table
    assert f"`{ENV_PREFIX}{field.name.upper()}{value}`" in table


def test_every_flag_that_the_readme_names_exists():
    ours = {f.name.replace("_", "-") for f in fields(Settings)}
    named = {name.removeprefix("no-") for name in re.findall(r"--([a-z][a-z-]+)", README)}
    assert named - OTHERS_FLAGS <= ours


def test_every_file_is_in_the_tree_with_what_it_says_of_itself():
    tree = runpy.run_path(str(ROOT / "scripts" / "file_tree.py"))["tree"]()
    assert tree in (ROOT / "docs" / "files.md").read_text(encoding="utf-8"), "run: python scripts/file_tree.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_picture_and_file_that_is_named_exists(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", text):
        assert (page.parent / target).exists(), target
    for name in re.findall(r"`((?:models|text|engine|ui|backends|api)/[\w/]+\.py)`", text):
        assert (ROOT / "src" / "deepseek_space" / name).is_file(), name


def test_the_readme_is_short_and_the_docs_list_every_page():
    assert README.count("\n") <= 170  # with the Space's front matter
    listed = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert page.name == "README.md" or f"]({page.name})" in listed, page.name
