"""From a recipe to the model that answers on our own engine, in a process of its own. Imports no torch."""

from pathlib import Path

from deepseek_space.backends.local.process.driver import ProcessDriver
from deepseek_space.backends.local.process.messages import loading_from_json, vocabulary_of
from deepseek_space.backends.local.process.torch_model import loaded_from, order_for, warnings_from
from deepseek_space.backends.local.resident_model import Recipe, ResidentModel, Watch
from deepseek_space.backends.local.served_model import ServedModel
from deepseek_space.engine.limits import EngineLimits
from deepseek_space.events import Loading
from deepseek_space.models.fit import cards
from deepseek_space.sentences import Sentence


def assemble_apart(
    recipe: Recipe,
    files: tuple[Path, str],
    *,
    cache_dir: Path,
    max_queue: int,
    kept_bytes: int,
    shares_prefixes: bool,
    watch: Watch,
) -> ResidentModel:
    """Return the recipe's model, loaded and answering; see ``assembly.assemble``.

    Raises SpaceError for whatever goes wrong on the way; then its process has ended.
    """
    source, plan = recipe.source, recipe.plan
    watch.progress(Loading(stage=Sentence("Loading {name}", name=source.name)))
    driver = ProcessDriver(
        order_for(recipe, files, cache_dir=cache_dir, kept_bytes=kept_bytes),
        limits=EngineLimits(context_tokens=plan.context_tokens, kv_bytes=plan.kv_bytes, max_queue=max_queue),
        vocabulary=lambda: vocabulary_of(loaded),
    )
    try:
        driver.wait_until_ready(
            progress=lambda told: watch.progress(loading_from_json(told)), cancelled=watch.cancelled
        )
        loaded = loaded_from(driver.facts)
        served = ServedModel(loaded, driver, spec=source.spec, shares_prefixes=shares_prefixes)
        # Tries the format out as well, so that nobody waits for that later.
        warnings = (*warnings_from(driver.facts), *served.encoder.notes)
    except BaseException:
        driver.close()
        raise
    finally:
        cards.look_again()
    return ResidentModel(recipe=recipe, served=served, warnings=warnings)
