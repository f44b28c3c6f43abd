"""llama.cpp's C interface (``llama.h``), as far as it is used here, out of the wheel ``xllamacpp``.

The wheel's own classes hand out text, and of several tokens that make one character the last alone; what an engine
needs are the logits. Structures are those of the wheel that requirements.txt names, and are checked before use.
"""

import ctypes
from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    c_bool,
    c_char_p,
    c_float,
    c_int8,
    c_int32,
    c_size_t,
    c_uint32,
    c_void_p,
)
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from deepseek_space.errors import Unsupported
from deepseek_space.sentences import Sentence

PACKAGE = "xllamacpp"
Progress = CFUNCTYPE(c_bool, c_float, c_void_p)
Log = CFUNCTYPE(None, c_int32, c_char_p, c_void_p)
_F16 = 1
_NOT_SET = -1


class ModelParams(Structure):
    """``llama_model_params``."""

    _fields_ = (
        ("devices", c_void_p),
        ("tensor_buft_overrides", c_void_p),
        ("n_gpu_layers", c_int32),
        ("split_mode", c_int32),
        ("load_mode", c_int32),
        ("lazy_mode", c_int32),
        ("main_gpu", c_int32),
        ("tensor_split", c_void_p),
        ("progress_callback", Progress),
        ("progress_callback_user_data", c_void_p),
        ("kv_overrides", c_void_p),
        ("vocab_only", c_bool),
        ("check_tensors", c_bool),
        ("use_extra_bufts", c_bool),
        ("no_host", c_bool),
        ("no_alloc", c_bool),
        ("load_mtp", c_bool),
        ("_more", c_int32 * 16),  # what a later build may add does not overwrite ours
    )


class ContextParams(Structure):
    """``llama_context_params``."""

    _fields_ = (
        ("n_ctx", c_uint32),
        ("n_batch", c_uint32),
        ("n_ubatch", c_uint32),
        ("n_seq_max", c_uint32),
        ("n_rs_seq", c_uint32),
        ("n_outputs_max", c_uint32),
        ("n_outputs_max_per_seq", c_uint32),
        ("n_threads", c_int32),
        ("n_threads_batch", c_int32),
        ("ctx_type", c_int32),
        ("rope_scaling_type", c_int32),
        ("pooling_type", c_int32),
        ("attention_type", c_int32),
        ("flash_attn_type", c_int32),
        ("rope_freq_base", c_float),
        ("rope_freq_scale", c_float),
        ("yarn_ext_factor", c_float),
        ("yarn_attn_factor", c_float),
        ("yarn_beta_fast", c_float),
        ("yarn_beta_slow", c_float),
        ("yarn_orig_ctx", c_uint32),
        ("defrag_thold", c_float),
        ("cb_eval", c_void_p),
        ("cb_eval_user_data", c_void_p),
        ("type_k", c_int32),
        ("type_v", c_int32),
        ("moe_cache_size", c_size_t),
        ("abort_callback", c_void_p),
        ("abort_callback_data", c_void_p),
        ("embeddings", c_bool),
        ("offload_kqv", c_bool),
        ("no_perf", c_bool),
        ("op_offload", c_bool),
        ("swa_full", c_bool),
        ("kv_unified", c_bool),
        ("samplers", c_void_p),
        ("n_samplers", c_size_t),
        ("ctx_other", c_void_p),
        ("_more", c_int32 * 16),
    )


class Batch(Structure):
    """``llama_batch``."""

    _fields_ = (
        ("n_tokens", c_int32),
        ("token", c_void_p),
        ("embd", c_void_p),
        ("pos", c_void_p),
        ("n_seq_id", c_void_p),
        ("seq_id", c_void_p),
        ("logits", c_void_p),
    )


_FUNCTIONS = {
    "llama_backend_init": (None, ()),
    "llama_log_set": (None, (Log, c_void_p)),
    "llama_model_default_params": (ModelParams, ()),
    "llama_context_default_params": (ContextParams, ()),
    "llama_model_load_from_file": (c_void_p, (c_char_p, ModelParams)),
    "llama_model_free": (None, (c_void_p,)),
    "llama_model_get_vocab": (c_void_p, (c_void_p,)),
    "llama_vocab_n_tokens": (c_int32, (c_void_p,)),
    "llama_init_from_model": (c_void_p, (c_void_p, ContextParams)),
    "llama_free": (None, (c_void_p,)),
    "llama_get_memory": (c_void_p, (c_void_p,)),
    "llama_memory_clear": (None, (c_void_p, c_bool)),
    "llama_memory_seq_rm": (c_bool, (c_void_p, c_int32, c_int32, c_int32)),
    "llama_memory_seq_cp": (None, (c_void_p, c_int32, c_int32, c_int32, c_int32)),
    "llama_decode": (c_int32, (c_void_p, Batch)),
    "llama_get_logits": (POINTER(c_float), (c_void_p,)),
    "llama_state_seq_get_size": (c_size_t, (c_void_p, c_int32)),
    "llama_supports_gpu_offload": (c_bool, ()),
    "llama_tokenize": (c_int32, (c_void_p, c_char_p, c_int32, c_void_p, c_int32, c_bool, c_bool)),
}
assert c_int8  # the type of ``Batch.logits``


def is_installed() -> bool:
    """Tell whether the wheel is here; loads nothing."""
    return find_spec(PACKAGE) is not None


@cache
def library() -> ctypes.CDLL:
    """Return the library with its functions typed. Raises Unsupported where it is not here, or is another build."""
    spec = find_spec(PACKAGE)
    folder = Path(spec.origin).parent if spec and spec.origin else None
    files = sorted(folder.glob(f"{PACKAGE}*.so")) if folder else []
    if not files:
        raise _unusable(Sentence("its wheel is not installed on this machine"))
    try:
        loaded = ctypes.CDLL(str(files[0]))
        for name, (result, arguments) in _FUNCTIONS.items():
            function = getattr(loaded, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        raise _unusable(str(error)) from error
    _check_build(loaded)
    return loaded


def _check_build(loaded: ctypes.CDLL) -> None:
    """Raise Unsupported unless the defaults stand where our structures have them."""
    context, model = loaded.llama_context_default_params(), loaded.llama_model_default_params()
    found = (
        (context.n_ctx, context.n_batch, context.n_ubatch, context.n_seq_max, context.n_outputs_max_per_seq),
        (context.rope_scaling_type, context.pooling_type, context.attention_type, context.flash_attn_type),
        (context.yarn_ext_factor, context.defrag_thold, context.type_k, context.type_v),
        (context.offload_kqv, context.no_perf, context.op_offload, context.swa_full, context.kv_unified),
        (model.n_gpu_layers, model.split_mode, model.main_gpu, model.vocab_only, model.use_extra_bufts),
    )
    expected = (
        (512, 2048, 512, 1, 1),
        (_NOT_SET, _NOT_SET, _NOT_SET, _NOT_SET),
        (-1.0, -1.0, _F16, _F16),
        (True, True, True, True, False),
        (-1, 1, 0, False, True),
    )
    if found != expected:
        raise _unusable(Sentence("its wheel is of another build than requirements.txt names"))


def _unusable(reason: str) -> Unsupported:
    return Unsupported(
        "llama.cpp cannot be used here: {reason}. Name a precision, such as --precision bf16, to have the GGUF "
        "converted, or take the original checkpoint.",
        reason=reason,
    )
