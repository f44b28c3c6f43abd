"""The page over a scripted backend, served in this process."""

import pytest

from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.backends.scripted.script import SCENES, Scene
from page_server import served

EDITS = (
    "a.py\n<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE\n"
    "<<<<<<< SEARCH\ny = 2\n=======\ny = 3\n>>>>>>> REPLACE\n"
    "```python b.py\nimport a\n```\n```python ../c.py\n```\n```python d.py\nfrom"
)
SCRIPT = (
    Scene(cue="count up", answer=EDITS),
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
