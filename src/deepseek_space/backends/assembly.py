"""From a model's source to the model that answers: fetch, load, start the engine.

The one place that knows the order of these steps, and none of their workings.
"""

from collections.abc import Callable
from pathlib import Path

from deepseek_space.backends.local import LocalOptions
from deepseek_space.backends.served_model import ServedModel
from deepseek_space.engine.engine import Engine, EngineLimits
from deepseek_space.engine.worker import Worker
from deepseek_space.models import hardware
from deepseek_space.models.loader import LoadedModel, load
from deepseek_space.models.source import ModelSource
from deepseek_space.models.starter import ensure_starter
from deepseek_space.types import Loading

KV_SHARE_OF_FREE_MEMORY = 0.5


def assemble(
    source: ModelSource,
    options: LocalOptions,
    *,
    progress: Callable[[Loading], None],
    cancelled: Callable[[], bool],
) -> ServedModel:
    """Return ``source`` loaded and served. Raises SpaceError for whatever goes wrong on the way."""
    folder, gguf_file = _fetch(source, options.cache_dir, progress=progress, cancelled=cancelled)
    spec = source.spec
    loaded = load(
        folder,
        name=source.name,
        gguf_file=gguf_file,
        precision=_precision(options),
        device=options.device,
        context_tokens=options.context or (spec.context_practical if spec else 0),
        extra_stop=spec.stop if spec else (),
        progress=progress,
        cancelled=cancelled,
    )
    engine = Engine(loaded.model, limits=_limits(loaded, options))
    return ServedModel(loaded, Worker(engine), spec=spec)


def _fetch(
    source: ModelSource,
    cache_dir: Path,
    *,
    progress: Callable[[Loading], None],
    cancelled: Callable[[], bool],
) -> tuple[Path, str]:
    if source.kind == "starter":
        return ensure_starter(cache_dir, progress=progress, cancelled=cancelled), ""
    if source.kind == "hub":
        from deepseek_space.models.download import fetch

        return fetch(source.location, progress=progress, cancelled=cancelled), ""
    path = Path(source.location)
    return (path.parent, path.name) if source.kind == "gguf" else (path, "")


def _precision(options: LocalOptions) -> str:
    return "bf16" if options.precision == "auto" else options.precision


def _limits(loaded: LoadedModel, options: LocalOptions) -> EngineLimits:
    machine = hardware.detect(options.cache_dir)
    free_bytes = machine.ram_free_bytes if loaded.device == "cpu" else machine.gpu_free_bytes
    return EngineLimits(
        context_tokens=loaded.context_tokens,
        kv_bytes=int(free_bytes * KV_SHARE_OF_FREE_MEMORY),
        max_queue=options.max_queue,
    )
