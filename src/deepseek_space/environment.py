"""The variables that libraries read when they are imported, put right before any of them is.

An empty one counts as unset, as for our own; here and nowhere else the environment is written to. Imports none of
the libraries.
"""

import tempfile
from collections.abc import MutableMapping
from pathlib import Path

from deepseek_space import proxies
from deepseek_space.addresses import is_web_address
from deepseek_space.errors import UsageError

READ_AT_IMPORT = ("HF_", "HUGGINGFACE_", "TRANSFORMERS_", "GRADIO_", "XDG_")


def normalise(environ: MutableMapping[str, str]) -> None:
    """Put ``environ`` right. Raises UsageError for what cannot be used."""
    for name in [name for name, value in environ.items() if name.startswith(READ_AT_IMPORT) and not value.strip()]:
        del environ[name]  # huggingface_hub would keep its cache in the folder that the app was started in
    _check_endpoint(environ.get("HF_ENDPOINT", "https://huggingface.co"))
    proxies.normalise(environ)


def choose_upload_folder(environ: MutableMapping[str, str]) -> None:
    """Have Gradio keep uploads where this user may write: by itself it takes one folder for all users of a machine."""
    shared = Path(tempfile.gettempdir(), "gradio")
    if "GRADIO_TEMP_DIR" in environ or not shared.exists():
        return
    try:
        tempfile.TemporaryFile(dir=shared).close()
    except OSError:  # it belongs to whoever came first
        environ["GRADIO_TEMP_DIR"] = tempfile.mkdtemp(prefix="gradio-")


def _check_endpoint(url: str) -> None:
    if not is_web_address(url):
        raise UsageError(f"HF_ENDPOINT is {url!r}; give an address such as https://hf-mirror.com, or unset it.")
