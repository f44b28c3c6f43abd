"""The order for a model on our own engine, which goes to its process, and the facts about it, which come back.

``open_model`` alone imports torch; the app's process calls the others.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepseek_space.backends.local.resident_model import Recipe, Watch
from deepseek_space.events import Loading
from deepseek_space.models import catalog
from deepseek_space.models.carried_tokenizer import tokenizer_from_json, tokenizer_to_json
from deepseek_space.models.fit.memory import LoadPlan
from deepseek_space.models.heap import share
from deepseek_space.models.loaded_model import LoadedModel
from deepseek_space.models.source import ModelSource
from deepseek_space.sentences import from_json, to_json

if TYPE_CHECKING:
    from deepseek_space.engine.engine import Engine

_PLAIN = ("name", "precision", "device", "context_tokens", "weight_bytes", "vocab_size")


def order_for(recipe: Recipe, files: tuple[Path, str], *, cache_dir: Path, kept_bytes: int) -> dict[str, Any]:
    """Return what a process is told that is to load ``recipe`` from ``files``."""
    source = recipe.source
    return {
        "engine": "torch",
        "kind": source.kind,
        "name": source.name,
        "spec": source.spec.name if source.spec else "",
        "plan": asdict(recipe.plan),
        "folder": str(files[0].absolute()),
        "gguf_file": files[1],
        "cache_dir": str(cache_dir.absolute()),
        "kept_bytes": kept_bytes,
    }


def open_model(order: Mapping[str, Any], *, progress: Callable[[Loading], None]) -> "tuple[Engine, dict[str, Any]]":
    """Return the engine over the model of ``order``, loaded, and the facts for ``loaded_from``. Raises SpaceError."""
    share()  # before there is a second thread that computes
    from deepseek_space.backends.local.assembly import open_engine

    plan = LoadPlan(**order["plan"] | {"devices": tuple(order["plan"]["devices"])})
    spec = catalog.find(order["spec"]) if order["spec"] else None
    loaded, engine, warnings = open_engine(
        Recipe(source=ModelSource(kind=order["kind"], name=order["name"], spec=spec), plan=plan),
        (Path(order["folder"]), order["gguf_file"]),
        cache_dir=Path(order["cache_dir"]),
        max_queue=sys.maxsize,  # whoever asks counts who waits
        kept_bytes=order["kept_bytes"],
        is_lent=False,
        watch=Watch(progress=progress, cancelled=lambda: False),  # a load is stopped with its process
    )
    assert loaded.model is not None
    loaded = replace(loaded, vocab_size=loaded.model.config.vocab_size)
    return engine, {
        **{name: getattr(loaded, name) for name in _PLAIN},
        "stop_ids": sorted(loaded.stop_ids),
        "tokenizer": tokenizer_to_json(loaded.tokenizer),
        "limits": asdict(engine.limits),
        "warnings": [to_json(warning) for warning in warnings],
    }


def loaded_from(facts: Mapping[str, Any]) -> LoadedModel:
    """Return the model of ``facts``, which is in the other process."""
    return LoadedModel(
        model=None,
        tokenizer=tokenizer_from_json(facts["tokenizer"]),
        stop_ids=frozenset(facts["stop_ids"]),
        **{name: facts[name] for name in _PLAIN},
    )


def warnings_from(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the warnings of ``facts``."""
    return tuple(from_json(warning) for warning in facts["warnings"])
