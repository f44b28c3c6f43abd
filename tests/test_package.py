"""What ``pip install`` brings: the wheel, built from this tree and run in an empty folder."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urljoin
from urllib.request import Request, urlopen

import pytest

from app_process import ROOT, running_app
from deepseek_space.ui import page_scripts

BUILT_FROM = ("pyproject.toml", "setup.py", "requirements.txt", "README.md", "LICENSE", "src", "assets")


def pip(*words):
    subprocess.run([sys.executable, "-m", "pip", "--quiet", *words], check=True)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder that the wheel is installed to, without what it depends on."""
    source, folder = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    for name in BUILT_FROM:
        where = source / name
        shutil.copytree(ROOT / name, where) if (ROOT / name).is_dir() else shutil.copy(ROOT / name, where)
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(source), str(source))
    (wheel,) = source.glob("*.whl")
    pip("install", "--no-deps", "--no-compile", "--target", str(folder), str(wheel))
    return folder


def fetched(url):
    with urlopen(url) as answer:
        return answer.read().decode()


def test_the_program_serves_the_whole_page_from_an_empty_folder(installed, tmp_path):
    program, environ = (str(installed / "bin" / "deepseek-space"),), {"PYTHONPATH": str(installed)}
    with running_app("--model", "fake", "--port", "0", program=program, environ=environ, folder=tmp_path) as app:
        url = app.wait_for(r"open at (http\S+?)/?$").group(1)
        config = json.loads(fetched(f"{url}/config"))
        assert fetched(urljoin(f"{url}/", page_scripts.address())) == page_scripts.whole()
        for style in (ROOT / "assets").glob("*.css"):
            assert style.read_text() in config["head"], style.name
        asked = Request(f"{url}/manifest.json", headers={"accept-language": "zh-CN"})
        assert json.loads(fetched(asked))["description"] == "与 DeepSeek 模型对话、写代码"
        icons = [icon["src"] for icon in json.loads(fetched(f"{url}/manifest.json"))["icons"]]
        for path in ("favicon.ico", "icons/apple-touch-180.png", *icons):
            with urlopen(urljoin(f"{url}/", path)) as answer:
                assert answer.status == 200, path
    assert not list(tmp_path.iterdir())


def test_a_program_calls_itself_by_the_name_that_it_was_started_by(installed, tmp_path):
    def said_by(*program):
        environ = {**os.environ, "PYTHONPATH": str(installed)}
        return subprocess.run([*program, "--help"], cwd=tmp_path, env=environ, capture_output=True, text=True).stdout

    assert said_by(str(installed / "bin" / "deepseek-space")).startswith("usage: deepseek-space ")
    assert said_by(sys.executable, "-m", "deepseek_space").startswith("usage: python -m deepseek_space ")
    assert said_by(sys.executable, str(ROOT / "app.py")).startswith("usage: python app.py ")


def test_the_wheel_holds_what_a_page_needs_and_no_pictures_of_it(installed):
    root = installed / "deepseek_space"
    here = {path.relative_to(root / "assets") for path in (root / "assets").rglob("*") if path.is_file()}
    there = {path.relative_to(ROOT / "assets") for path in (ROOT / "assets").rglob("*") if path.is_file()}
    assert here == {path for path in there if path.parts[0] != "screenshots"}
    modules = {path.relative_to(ROOT / "src") for path in (ROOT / "src").rglob("*.py")}
    assert modules <= {path.relative_to(installed) for path in Path(installed).rglob("*.py")}


def test_the_package_is_described_without_what_only_a_space_reads(installed):
    (metadata,) = installed.glob("*.dist-info/METADATA")
    text = metadata.read_text(encoding="utf-8")
    assert "\n\n# DeepSeek Space\n" in text
    assert "sdk_version" not in text
