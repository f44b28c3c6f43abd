"""A checkpoint in a local folder becomes a model and its tokenizer, at one precision.

On one device or several. Knows no catalogue, no download and no plan: whoever calls has chosen. Reads nothing from the
network.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import (
    MODEL_FOR_CAUSAL_LM_MAPPING,
    PreTrainedConfig,
    PreTrainedModel,
)
from transformers.utils import logging as transformers_logging

from deepseek_space.errors import (
    Cancelled,
    LoadFailed,
    NotACheckpoint,
    OutOfMemory,
    SpaceError,
    Unsupported,
    first_line,
    is_out_of_memory,
)
from deepseek_space.events import Loading
from deepseek_space.models.files.checkpoint_files import read_checkpoint
from deepseek_space.models.files.gguf_checkpoint import open_gguf
from deepseek_space.models.files.gguf_tensors import open_gguf_tensors
from deepseek_space.models.files.model_config import read_config, read_generation_config
from deepseek_space.models.files.shards import LazyTensor, Reading, for_model, open_tensors
from deepseek_space.models.files.tokenizer_files import check_ids
from deepseek_space.models.files.weight_files import weight_files
from deepseek_space.models.fit.placement import MaxMemory, device_map_for, main_device, resolve_device
from deepseek_space.models.heap import apart, release
from deepseek_space.models.loaded_model import LoadedModel
from deepseek_space.models.precision import QUANTISED, OnLoadConfig, dtype_of, linear_kind, weight_bytes
from deepseek_space.models.shape.checkpoint import Checkpoint
from deepseek_space.models.shape.tensors import EMBEDDING, HEAD, with_model_prefix
from deepseek_space.models.tokenizer import load_tokenizer, stop_ids
from deepseek_space.sentences import Sentence

# Changes a loaded model in place and says how many of its layers are done, of how many.
Arrange = Callable[[PreTrainedModel, Callable[[int, int], None]], object]


@dataclass(frozen=True, kw_only=True)
class _Job:
    """What ``load`` was asked for."""

    folder: Path
    name: str
    precision: str
    device: str
    context_tokens: int
    extra_stop: tuple[str, ...]
    gguf_file: str
    max_memory: MaxMemory | None
    offload_folder: Path | None
    arrange: Arrange | None
    progress: Callable[[Loading], None]
    cancelled: Callable[[], bool]

    def report_layers(self, done: int, total: int) -> None:
        """Report how many layers are arranged. Raises Cancelled when somebody has stopped the load."""
        if self.cancelled():
            raise Cancelled("Loading {name} was stopped.", name=self.name)
        self.progress(
            Loading(stage=Sentence("Arranging {name}", name=self.name), done=done, total=total, unit="layers")
        )


def load(
    folder: Path,
    *,
    name: str,
    precision: str,
    device: str,
    context_tokens: int = 0,
    extra_stop: tuple[str, ...] = (),
    gguf_file: str = "",
    max_memory: MaxMemory | None = None,
    offload_folder: Path | None = None,
    arrange: Arrange | None = None,
    progress: Callable[[Loading], None],
    cancelled: Callable[[], bool],
) -> LoadedModel:
    """Return the checkpoint in ``folder``, loaded.

    ``context_tokens`` 0 is what the configuration says. ``max_memory`` (bytes by GPU number and "cpu") spreads the
    weights, and what fits nowhere goes to ``offload_folder``. ``arrange`` changes the model as whoever uses it wants
    it, while a stop is still heard. The folder's own Python is never run.
    Raises NotACheckpoint, Unsupported, Corrupt, LoadFailed, OutOfMemory, Cancelled; none leaves memory behind.
    """
    job = _Job(
        folder=Path(folder),
        name=name,
        precision=precision,
        device=resolve_device(device),
        context_tokens=context_tokens,
        extra_stop=extra_stop,
        gguf_file=gguf_file,
        max_memory=max_memory,
        offload_folder=offload_folder,
        arrange=arrange,
        progress=progress,
        cancelled=cancelled,
    )
    try:
        with apart():
            return _load(job)
    except Exception as error:
        failure = _explain(error, job)
    # Outside the handler: the error's traceback holds the half-loaded model, and no cause may keep it alive.
    release()
    raise failure


def _load(job: _Job) -> LoadedModel:
    if job.precision in QUANTISED:
        linear_kind(job.precision, job.device)  # refuses early what cannot run here
    config = read_config(job.folder, gguf_file=job.gguf_file)
    model_class = MODEL_FOR_CAUSAL_LM_MAPPING.get(type(config), None)
    if model_class is None:
        raise Unsupported(
            "{name} is a {kind} model, which writes no text; choose a language model.",
            name=job.name,
            kind=repr(config.model_type),
        )
    # What the files hold is compared with what the model takes before any of it is read.
    checkpoint = read_checkpoint(job.folder / job.gguf_file)
    tokenizer = load_tokenizer(job.folder, gguf_file=job.gguf_file, config=config)
    check_ids(job.folder / job.gguf_file, tokenizer.get_vocab(), rows=checkpoint.architecture.vocab)
    generation_config = read_generation_config(job.folder, config, is_gguf=bool(job.gguf_file))
    with _quiet():
        model = _load_model(job, model_class, config, checkpoint)
    device_map = getattr(model, "hf_device_map", None)
    model.generation_config = generation_config
    kept_bytes = weight_bytes(model)
    if job.arrange is not None:
        job.arrange(model, job.report_layers)
    return LoadedModel(
        name=job.name,
        model=model.eval(),
        tokenizer=tokenizer,
        precision=job.precision,
        device=main_device(device_map) if job.max_memory and device_map else str(model.device),
        context_tokens=job.context_tokens or config.max_position_embeddings,
        stop_ids=stop_ids(tokenizer, generation_config.eos_token_id, job.extra_stop),
        weight_bytes=kept_bytes,
    )


def _load_model(
    job: _Job, model_class: type[PreTrainedModel], config: PreTrainedConfig, checkpoint: Checkpoint
) -> PreTrainedModel:
    if job.precision in QUANTISED and job.gguf_file:
        raise Unsupported(
            "{name} is unpacked while it is read and cannot become {precision}; choose bf16.",
            name=job.name,
            precision=job.precision,
        )
    if job.precision in QUANTISED and job.max_memory:
        raise Unsupported(
            "{precision} cannot be spread over several places; choose bf16, or a single device.",
            precision=job.precision,
        )
    dtype = dtype_of(job.precision)
    reading = Reading(
        stage=Sentence("Loading {name}", name=job.name),
        total_bytes=checkpoint.disk_bytes or 0,
        progress=job.progress,
        cancelled=job.cancelled,
    )
    reading.count(0)
    tensors = _tensors(job, config, _published(job, reading, dtype), dtype)
    model, report = model_class.from_pretrained(
        None,
        config=config,
        state_dict=tensors,
        dtype=dtype,
        attn_implementation="sdpa",
        output_loading_info=True,
        **_placement(job, config, dtype),
    )
    if absent := sorted(report["missing_keys"]):
        raise NotACheckpoint(
            "{folder} lacks {count} of the model's weights, {first} first.",
            folder=job.folder,
            count=len(absent),
            first=absent[0],
        )
    reading.finish()
    return model


def _published(job: _Job, reading: Reading, dtype: torch.dtype) -> dict[str, LazyTensor]:
    if job.gguf_file:
        return open_gguf_tensors(open_gguf(job.folder / job.gguf_file), reading, dtype=dtype)
    return with_model_prefix(open_tensors(weight_files(job.folder), reading, dtype=dtype))


def _tensors(
    job: _Job, config: PreTrainedConfig, published: dict[str, LazyTensor], dtype: torch.dtype
) -> dict[str, LazyTensor]:
    if getattr(config, "quantization_config", None):
        del config.quantization_config  # the reader gives plain numbers
    if config.tie_word_embeddings and HEAD in published:
        _settle_head(config, published)
    experts = "split" if job.precision in QUANTISED else "fused"
    return for_model(published, layers=config.num_hidden_layers, experts=experts, dtype=dtype)


def _settle_head(config: PreTrainedConfig, published: dict[str, LazyTensor]) -> None:
    """Leave one matrix where the head is said to be tied and is stored all the same, as transformers does.

    Whichever is there stands for both; if both are and differ, the head is one of its own.
    """
    if EMBEDDING not in published:
        published[EMBEDDING] = published[HEAD]
    elif not torch.equal(published[EMBEDDING][...], published[HEAD][...]):
        config.tie_word_embeddings = False
        return
    del published[HEAD]


def _placement(job: _Job, config: PreTrainedConfig, dtype: torch.dtype) -> dict[str, Any]:
    if job.precision in QUANTISED:
        choice = OnLoadConfig(precision=job.precision, device=job.device)
        return {"quantization_config": choice, "device_map": {"": job.device}}
    if not job.max_memory:
        return {"device_map": {"": job.device}}
    device_map = device_map_for(config, dtype=dtype, max_memory=job.max_memory)
    if "disk" in device_map.values() and job.offload_folder is None:
        raise OutOfMemory("{name} does not fit into memory; name a folder on a fast disk for the rest.", name=job.name)
    return {"device_map": device_map, "offload_folder": job.offload_folder}


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    # Progress is reported to the caller; transformers would draw a second bar in the terminal.
    shown = transformers_logging.is_progress_bar_enabled()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            transformers_logging.enable_progress_bar()


def _explain(error: Exception, job: _Job) -> SpaceError:
    """Return ``error`` as one of our own, without its traceback."""
    if isinstance(error, SpaceError):
        error.__cause__ = error.__context__ = None
        return error.with_traceback(None)
    if is_out_of_memory(error):
        return OutOfMemory(
            "Memory ran out while {name} was loaded; choose a smaller model or precision.", name=job.name
        )
    return LoadFailed(
        "{name} could not be loaded from {folder}: {error}", name=job.name, folder=job.folder, error=first_line(error)
    )
