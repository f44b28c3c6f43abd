"""The page over a scripted backend, served in this process."""

import pytest

from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.backends.scripted.script import SCENES, Scene
from page_server import served

SCRIPT = (
    Scene(cue="slow", answer="word " * 2000),
    Scene(cue="nothing", answer="", breaks_off="Broken as scripted. Retry."),
    *SCENES,
)


@pytest.fixture(scope="module")
def backend():
    return ScriptedBackend(SCRIPT, delay_s=0.005)


@pytest.fixture(scope="module")
def url(backend):
    with served(backend) as url:
        yield url
