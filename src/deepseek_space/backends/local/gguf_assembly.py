"""From a recipe for a GGUF file to the model that answers: its tokenizer here, llama.cpp in a process of its own.

Imports no torch.
"""

import os
from pathlib import Path

from deepseek_space.backends.local.process.driver import ProcessDriver
from deepseek_space.backends.local.process.messages import vocabulary_of
from deepseek_space.backends.local.resident_model import Recipe, ResidentModel, Watch
from deepseek_space.backends.local.served_model import ServedModel
from deepseek_space.engine.limits import EngineLimits
from deepseek_space.events import Loading
from deepseek_space.models.fit import hardware
from deepseek_space.models.gguf_model import open_gguf_model
from deepseek_space.sentences import Sentence

MAX_ROWS = 16
LEAST_CELLS = 8192
"""Of cache, where one conversation could not fill as many: several share it."""


def assemble_gguf(
    recipe: Recipe, files: tuple[Path, str], *, cache_dir: Path, max_queue: int, shares_prefixes: bool, watch: Watch
) -> ResidentModel:
    """Return the recipe's model, loaded and answering. Raises SpaceError for whatever goes wrong on the way."""
    source, plan = recipe.source, recipe.plan
    path = files[0] / files[1]
    stage = Sentence("Loading {name}", name=source.name)
    watch.progress(Loading(stage=stage))
    stop = source.spec.stop if source.spec else ()
    loaded = open_gguf_model(path, name=source.name, context_tokens=plan.context_tokens, extra_stop=stop)
    cells = max(plan.context_tokens, LEAST_CELLS)
    cores = hardware.detect(cache_dir).cores
    driver = ProcessDriver(
        {
            "engine": "llama.cpp",
            "path": os.fspath(path.absolute()),
            "cells": cells,
            "max_rows": MAX_ROWS,
            "threads": cores,
        },
        limits=EngineLimits(
            context_tokens=plan.context_tokens,
            kv_bytes_per_token=plan.kv_bytes_per_token,
            kv_bytes=cells * plan.kv_bytes_per_token,
            max_rows=MAX_ROWS,
            max_queue=max_queue,
        ),
        vocabulary=lambda: vocabulary_of(loaded),
    )

    def loading(share: float) -> None:
        watch.progress(Loading(stage=stage, done=int(share * loaded.weight_bytes), total=loaded.weight_bytes))

    driver.wait_until_ready(progress=loading, cancelled=watch.cancelled)
    served = ServedModel(loaded, driver, spec=source.spec, shares_prefixes=shares_prefixes)
    own = source.spec.warnings if source.spec else ()
    return ResidentModel(recipe=recipe, served=served, warnings=(*own, *served.encoder.notes))
