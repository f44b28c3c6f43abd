"""The sources of the page: its scripts, and the Python that writes its HTML."""

import re
from pathlib import Path

from deepseek_space.ui.assets import ASSETS

SCRIPTS = sorted((ASSETS / "page").glob("*.js"))
PYTHON = sorted((Path(__file__).parents[1] / "src" / "deepseek_space" / "ui").rglob("*.py"))


def without_comments(source: str) -> str:
    """Return a script without what stands in comments."""
    return re.sub(r"/\*[\s\S]*?\*/|^\s*//.*|\s//\s.*", "", source, flags=re.MULTILINE)
