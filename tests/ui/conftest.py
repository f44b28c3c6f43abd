"""The page over a scripted backend, served in this process."""

import pytest

from deepseek_space.backends.fake import FakeBackend
from deepseek_space.backends.script import SCENES, Scene
from deepseek_space.settings import read_settings
from deepseek_space.ui.app import build_app, launch_options

SCRIPT = (
    Scene(cue="slow", answer="word " * 2000),
    Scene(cue="nothing", answer="", breaks_off="Broken as scripted. Retry."),
    *SCENES,
)


@pytest.fixture(scope="module")
def backend():
    return FakeBackend(SCRIPT, delay_s=0.005)


@pytest.fixture(scope="module")
def url(backend):
    settings = read_settings([], {})
    app = build_app(backend, settings=settings)
    _, address, _ = app.launch(server_name="127.0.0.1", prevent_thread_lock=True, **launch_options(settings))
    yield address
    app.close()
