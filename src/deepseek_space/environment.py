"""The variables that libraries read when they are imported, put right before any of them is.

An empty one counts as unset, as for our own; here and nowhere else the environment is written to. Imports none of
the libraries.
"""

from collections.abc import MutableMapping
from urllib.parse import urlsplit

from deepseek_space import proxies
from deepseek_space.errors import UsageError

READ_AT_IMPORT = ("HF_", "HUGGINGFACE_", "TRANSFORMERS_", "GRADIO_", "XDG_")


def settle(environ: MutableMapping[str, str]) -> None:
    """Put ``environ`` right. Raises UsageError for what cannot be used."""
    for name in [name for name, value in environ.items() if name.startswith(READ_AT_IMPORT) and not value.strip()]:
        del environ[name]  # huggingface_hub would keep its cache in the folder that the app was started in
    _check_endpoint(environ.get("HF_ENDPOINT", "https://huggingface.co"))
    proxies.settle(environ)


def _check_endpoint(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise UsageError(f"HF_ENDPOINT is {url!r}; give an address such as https://hf-mirror.com, or unset it.")
