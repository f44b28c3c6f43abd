"""The files of a model, brought to this disk where they are not here. Imports no torch."""

from pathlib import Path

from deepseek_space.backends.local.resident_model import Recipe, Watch
from deepseek_space.models.downloads import download
from deepseek_space.models.downloads.gguf_repository import fetch_gguf
from deepseek_space.models.starter import ensure_starter
from deepseek_space.models.starter_gguf import ensure_starter_gguf


def fetch(recipe: Recipe, cache_dir: Path, watch: Watch) -> tuple[Path, str]:
    """Return the folder of the recipe's files, fetched where they are not here, and the GGUF file in it, if any."""
    source = recipe.source
    if source.kind == "starter":
        if recipe.plan.engine == "llama.cpp":
            file = ensure_starter_gguf(cache_dir, progress=watch.progress, cancelled=watch.cancelled)
            return file.parent, file.name
        return ensure_starter(cache_dir, progress=watch.progress, cancelled=watch.cancelled), ""
    revision = source.revision or None
    if source.quantisation:
        first = fetch_gguf(
            source.location, source.quantisation, revision=revision, progress=watch.progress, cancelled=watch.cancelled
        )
        return first.parent, first.name
    if source.kind == "hub":
        return download.fetch(
            source.location, revision=revision, progress=watch.progress, cancelled=watch.cancelled
        ), ""
    path = Path(source.location)
    return (path.parent, path.name) if source.kind == "gguf" else (path, "")
