"""Python, HTML and the page's scripts speak of the same acts."""

import json
import re
from pathlib import Path

import deepseek_space.ui
from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.ui.acts import IN_THE_PAGE, SERVED
from deepseek_space.ui.app import build_app
from deepseek_space.ui.assets import ASSETS
from page_server import read_settings

SCRIPTS = {file.name: file.read_text(encoding="utf-8") for file in (ASSETS / "page").glob("*.js")}
SOURCES = [file.read_text(encoding="utf-8") for file in Path(deepseek_space.ui.__file__).parent.rglob("*.py")]


def test_every_act_has_a_handler_on_the_whole_page_and_every_handler_an_act():
    app = build_app(ScriptedBackend(), settings=read_settings([], {}))
    (heard,) = (part.js_on_load for part in app.blocks.values() if part.elem_id == "page-events")
    assert set(json.loads(re.search("{.*?}", heard)[0])) == SERVED


def test_scripts_ask_for_what_is_served():
    asked = {name for script in SCRIPTS.values() for name in re.findall(r'\bask\("(\w+)"', script)}
    assert asked
    assert asked <= SERVED


def test_what_a_script_does_for_a_button_is_an_act():
    here = set(re.findall(r"^  (\w+): ", SCRIPTS["buttons.js"].split("const HERE = {")[1].split("};")[0], re.MULTILINE))
    assert here >= IN_THE_PAGE
    assert here <= SERVED | IN_THE_PAGE


def test_buttons_in_html_are_acts_and_every_act_of_the_page_alone_has_one():
    buttons = {name for source in SOURCES for name in re.findall(r'class="ds-act[^>]*? name="(\w+)"', source)}
    assert buttons >= {"open_models"}
    assert buttons <= SERVED | IN_THE_PAGE
