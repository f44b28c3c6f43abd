"""From a recipe and its files to the model that answers: load, start the engine, in this process.

The one place that knows the order of these steps, and none of their workings. Imports torch.
"""

from dataclasses import replace
from pathlib import Path

from deepseek_space.backends.local.resident_model import Recipe, ResidentModel, Watch
from deepseek_space.backends.local.served_model import ServedModel
from deepseek_space.engine.engine import Engine
from deepseek_space.engine.limits import EngineLimits
from deepseek_space.engine.scheduler import SOLE_READER_CHUNKS
from deepseek_space.engine.spare_memory import UNWATCHED, SpareMemory
from deepseek_space.engine.step import prepare
from deepseek_space.engine.worker import Inline, Worker
from deepseek_space.models import heap
from deepseek_space.models.fit import hardware, placement
from deepseek_space.models.fit.footprint import CPU_CHUNK_TOKENS, GPU_CHUNK_TOKENS
from deepseek_space.models.fit.place import RESERVE_BYTES
from deepseek_space.models.loaded_model import LoadedModel
from deepseek_space.models.loader import load
from deepseek_space.models.precision import warnings_for

KV_SHARE_OF_FREE_MEMORY = 0.5


def assemble(
    recipe: Recipe,
    files: tuple[Path, str],
    *,
    cache_dir: Path,
    max_queue: int,
    kept_bytes: int,
    inline: bool,
    shares_prefixes: bool,
    watch: Watch,
) -> ResidentModel:
    """Return the recipe's model, loaded and answering in this process; see ``open_engine``.

    ``inline`` leaves the engine's steps to the reader. ``shares_prefixes`` is for an app of one person; see
    ``ServedModel``.
    """
    loaded, engine, warnings = open_engine(
        recipe,
        files,
        cache_dir=cache_dir,
        max_queue=max_queue,
        kept_bytes=kept_bytes,
        is_lent=inline,
        watch=watch,
    )
    driver = Inline(engine) if inline else Worker(engine)
    served = ServedModel(loaded, driver, spec=recipe.source.spec, shares_prefixes=shares_prefixes)
    # Tries the format out as well, so that nobody waits for that later.
    return ResidentModel(recipe=recipe, served=served, warnings=(*warnings, *served.encoder.notes))


def open_engine(
    recipe: Recipe,
    files: tuple[Path, str],
    *,
    cache_dir: Path,
    max_queue: int,
    kept_bytes: int,
    is_lent: bool,
    watch: Watch,
) -> tuple[LoadedModel, Engine, tuple[str, ...]]:
    """Return the recipe's model, loaded, the engine over it, and what is to be known of it at this precision.

    ``kept_bytes`` bounds what is kept of earlier chats, 0: as planned. ``is_lent``: on a card that is lent by the call.
    Raises SpaceError for whatever goes wrong on the way.
    """
    source, plan = recipe.source, recipe.plan
    folder, gguf_file = files
    loaded = load(
        folder,
        name=source.name,
        gguf_file=gguf_file,
        precision=plan.precision,
        device=plan.devices[0],
        context_tokens=plan.context_tokens,
        extra_stop=source.spec.stop if source.spec else (),
        max_memory=placement.max_memory(plan, hardware.detect(cache_dir)),
        offload_folder=cache_dir / "offload",
        arrange=prepare,
        progress=watch.progress,
        cancelled=watch.cancelled,
    )
    # What is free on a card that is not there yet means nothing: it will be what was planned with.
    free_bytes = plan.available_bytes - loaded.weight_bytes if is_lent else _free_bytes(loaded, cache_dir)
    limits = replace(_limits(recipe, loaded, free_bytes), max_queue=max_queue)
    if kept_bytes:
        limits = replace(limits, kept_bytes=kept_bytes)
    assert loaded.model is not None
    engine = Engine(loaded.model, limits=limits, memory=_spare_memory(loaded.device))
    return loaded, engine, _warnings(recipe, loaded)


def _warnings(recipe: Recipe, loaded: LoadedModel) -> tuple[str, ...]:
    source = recipe.source
    own = source.spec.warnings if source.spec else ()
    return (*warnings_for(loaded.precision, loaded.device, source.spec), *own)


def _spare_memory(device: str) -> SpareMemory:
    """Return what is watched while the model answers: the RAM, where caches lie in it."""
    if device != "cpu":
        return UNWATCHED
    # A machine that is small from the start would keep nothing: there the mark is lower.
    mark = min(RESERVE_BYTES, hardware.free_ram_bytes() // 4)
    return SpareMemory(mark_bytes=mark, free_bytes=hardware.free_ram_bytes, give_back=heap.trim)


def _free_bytes(loaded: LoadedModel, cache_dir: Path) -> int:
    machine = hardware.detect(cache_dir)
    return machine.ram_free_bytes if loaded.device == "cpu" else machine.gpu_free_bytes


def _limits(recipe: Recipe, loaded: LoadedModel, free_bytes: int) -> EngineLimits:
    on_cpu = loaded.device == "cpu"
    return EngineLimits(
        context_tokens=loaded.context_tokens,
        kv_bytes_per_token=recipe.plan.kv_bytes_per_token,
        kv_bytes=max(recipe.plan.kv_bytes, int(free_bytes * KV_SHARE_OF_FREE_MEMORY)),
        kept_bytes=recipe.plan.kept_bytes,
        chunk_tokens=(CPU_CHUNK_TOKENS if on_cpu else GPU_CHUNK_TOKENS) // SOLE_READER_CHUNKS,
    )
