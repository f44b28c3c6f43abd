"""What the Dockerfile does, done without Docker; the compose file and the notebook against the app they start."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import fields
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

from app_process import running_app
from deepseek_space.settings import ENV_PREFIX, Settings

ROOT = Path(__file__).parent.parent
FLAGS = {f"--{field.name.replace('_', '-')}" for field in fields(Settings) if field.metadata}
VARIABLES = {f"{ENV_PREFIX}{field.name.upper()}" for field in fields(Settings) if field.metadata}


def steps():
    """Return the Dockerfile as pairs of an instruction and what it is given."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    return [tuple(line.split(maxsplit=1)) for line in text.splitlines() if line and not line.startswith("#")]


def given(instruction):
    return [what for name, what in steps() if name == instruction]


def environment():
    return dict(pair.split("=", 1) for line in given("ENV") for pair in shlex.split(line))


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """Return a folder with what the image holds under /app."""
    folder = tmp_path_factory.mktemp("app")
    for line in given("COPY"):
        *sources, target = line.split()
        for source in map(ROOT.joinpath, sources):
            ignored = shutil.ignore_patterns("__pycache__", "screenshots")
            if source.is_dir():
                shutil.copytree(source, folder / target, ignore=ignored)
            else:
                shutil.copy(source, folder / target)
    return folder


def test_the_container_answers_and_says_that_it_is_well(image, tmp_path):
    environ = {name: value.replace("/models", str(tmp_path)) for name, value in environment().items()}
    environ |= {"DEEPSEEK_SPACE_MODEL": "fake", "DEEPSEEK_SPACE_PORT": "0"}
    (command,) = given("CMD")
    python, *words = json.loads(command)
    assert python == "python"
    with running_app(environ=environ, program=(sys.executable, *words), folder=image) as app:
        port = app.wait_for(r"is open at http://[\w.]+:(\d+)")[1]
        (check,) = given("HEALTHCHECK")
        _, *code = json.loads(check.partition("CMD ")[2])
        asked = [sys.executable, *(word.replace(":7860", f":{port}") for word in code)]
        subprocess.run(asked, check=True, timeout=30)


def test_nothing_of_the_container_runs_as_root_or_leaves_the_volume():
    names = [name for name, _ in steps()]
    assert names.index("USER") > max(number for number, name in enumerate(names) if name in ("RUN", "COPY"))
    assert given("USER") == ["space"]
    assert given("VOLUME") == ["/models"]
    assert {environment()[name].split("/")[1] for name in ("HF_HOME", "XDG_CACHE_HOME")} == {"models"}


def test_only_what_is_copied_reaches_the_builder():
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().split() if line.startswith("!")]
    copied = [source.removeprefix("./") for line in given("COPY") for source in line.split()[:-1]]
    assert sorted(allowed) == sorted(copied)
    assert not any(fnmatch(".git", pattern) or fnmatch("tests", pattern) for pattern in allowed)


def test_compose_sets_variables_that_exist_and_lets_answers_finish():
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    for name in ("app", "page"):
        ours = {key for key in services[name]["environment"] if key.startswith(ENV_PREFIX)}
        assert ours <= VARIABLES
        assert int(services[name]["stop_grace_period"].removesuffix("s")) > 10
        assert all(port.startswith("127.0.0.1:") for port in services[name]["ports"])
    assert services["page"]["environment"]["DEEPSEEK_SPACE_REMOTE"] == "http://vllm:8000/v1"
    assert "healthcheck" in services["vllm"]


def test_the_notebook_has_two_cells_and_flags_that_exist():
    notebook = json.loads((ROOT / "notebooks" / "deepseek_space.ipynb").read_text())
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert len(cells) == 2
    for cell in cells:
        compile(re.sub(r"^!.*$", "", cell, flags=re.MULTILINE), "cell", "exec")
    started = next(line for line in cells[1].splitlines() if line.startswith("!deepseek-space"))
    assert set(re.findall(r"--[a-z-]+", started)) <= FLAGS
    assert {"--share", "--auth"} <= set(re.findall(r"--[a-z-]+", started))
