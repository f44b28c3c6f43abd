"""The folder of the look: stylesheets, icons, scripts that run in the browser. Knows nothing of what is in it."""

from importlib import resources
from pathlib import Path


def _folder() -> Path:
    package = Path(str(resources.files("deepseek_space")))
    installed = package / "assets"
    return installed if installed.is_dir() else package.parents[1] / "assets"  # beside ``src`` in a clone


ASSETS = _folder()
