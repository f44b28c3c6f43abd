"""How a GGUF file would run as it is, on llama.cpp. Pure: decides from values it is given.

Its cache is made whole when the model is loaded, so there is less context than the model could read, unless it is asked
for. Weights are mapped from the file: what does not fit into memory is read from the disk at every token.
"""

from deepseek_space.models.files.gguf_shape import GgufShape
from deepseek_space.models.fit.hardware import Hardware
from deepseek_space.models.fit.memory import LEAST_CONTEXT, LoadPlan, gigabytes
from deepseek_space.models.fit.place import Place, places
from deepseek_space.sentences import Sentence, joined

USUAL_CONTEXT = 16_384
WORKSPACE_BYTES = 150_000_000
"""What llama.cpp takes to compute with beside weights and cache, and Python with it; rounded up from measurements."""
_LOGITS_BYTES = 128 * 4


def plan_gguf(shape: GgufShape, *, hardware: Hardware, context_tokens: int = 0) -> LoadPlan:
    """Return how ``shape`` runs in this machine's memory; ``context_tokens`` 0: what is usual, as far as it fits."""
    place = places(hardware, "cpu")[0]
    tokens = min(context_tokens, shape.context_tokens) or _context_that_fits(shape, place)
    planned = _sized(shape, place, tokens)
    if context_tokens > shape.context_tokens:
        cut = Sentence(
            "{name} can read {most:,} tokens at most, not {asked:,}.",
            name=shape.name,
            most=shape.context_tokens,
            asked=context_tokens,
        )
        return planned.saying(joined(planned.reason, cut))
    if not context_tokens and tokens < shape.context_tokens:
        more = Sentence("It can read up to {most:,} tokens: --context.", most=shape.context_tokens)
        return planned.saying(joined(planned.reason, more))
    return planned


def _context_that_fits(shape: GgufShape, place: Place) -> int:
    most = min(shape.context_tokens, USUAL_CONTEXT)
    spare = place.free_bytes - shape.weight_bytes - _workspace_bytes(shape)
    return max(min(LEAST_CONTEXT, most), min(most, spare // shape.kv_bytes_per_token // 1024 * 1024))


def _workspace_bytes(shape: GgufShape) -> int:
    return WORKSPACE_BYTES + shape.vocab_size * _LOGITS_BYTES


def _sized(shape: GgufShape, place: Place, tokens: int) -> LoadPlan:
    kv_bytes, workspace_bytes = shape.kv_bytes_per_token * tokens, _workspace_bytes(shape)
    need, have = shape.weight_bytes + kv_bytes + workspace_bytes, place.free_bytes
    if need <= have:
        verdict, reason = (
            "fits",
            Sentence(
                "Takes {need} of the {have} that a model can have ({memory}).",
                need=gigabytes(need),
                have=gigabytes(have),
                memory="RAM",
            ),
        )
    elif kv_bytes + workspace_bytes < have:
        verdict, reason = (
            "offload",
            Sentence("{size} would be read from disk for every token: very slow.", size=gigabytes(need - have)),
        )
    else:
        verdict, reason = (
            "no",
            Sentence(
                "Needs {need}, but a model can have {have} ({memory}).",
                need=gigabytes(need),
                have=gigabytes(have),
                memory="RAM",
            ),
        )
    return LoadPlan(
        name=shape.name,
        precision=shape.quantisation,
        devices=place.devices,
        context_tokens=tokens,
        weight_bytes=shape.weight_bytes,
        kv_bytes_per_token=shape.kv_bytes_per_token,
        kv_bytes=kv_bytes,
        workspace_bytes=workspace_bytes,
        available_bytes=have,
        fits=verdict,
        reason=reason,
        offloads_to_disk=verdict == "offload",
        engine="llama.cpp",
    )
