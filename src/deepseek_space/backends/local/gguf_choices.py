"""The well-known GGUF repositories in the list of models, each with how it would fit: from averages, nothing is asked.

What is exact, the Hub tells when one is chosen.
"""

from dataclasses import replace

from deepseek_space.backends.local.alternatives import no_room
from deepseek_space.models.catalog import CATALOG
from deepseek_space.models.checkpoints.gguf import GGUF_REPOSITORIES, GgufRepository
from deepseek_space.models.downloads.gguf_repository import cached_gguf
from deepseek_space.models.files.gguf_shape import CACHE_ELEMENT_BYTES, GgufShape, quality_of
from deepseek_space.models.fit.gguf_plan import plan_gguf
from deepseek_space.models.fit.hardware import Hardware
from deepseek_space.models.shape.model_spec import ModelSpec
from deepseek_space.sentences import Sentence, joined
from deepseek_space.status import Choice

_SPECS = {spec.name: spec for spec in CATALOG}


def gguf_choices(*, hardware: Hardware, context_tokens: int = 0) -> tuple[Choice, ...]:
    """Return the repositories as choices, at the quantisation to begin with."""
    return tuple(_choice(repository, hardware, context_tokens) for repository in GGUF_REPOSITORIES)


def _choice(repository: GgufRepository, hardware: Hardware, context_tokens: int) -> Choice:
    spec, quantisation = _SPECS[repository.checkpoint], repository.quantisation
    planned = plan_gguf(_shape(repository, spec), hardware=hardware, context_tokens=context_tokens)
    is_here = cached_gguf(repository.repo_id, quantisation) is not None
    if obstacle := "" if is_here or planned.fits == "no" else no_room(planned.weight_bytes, hardware):
        planned = replace(planned, fits="no", reason=obstacle)
    quality = Sentence(
        "About so large; {quality}. Others of it: write {repo_id}.",
        quality=quality_of(quantisation),
        repo_id=repository.repo_id,
    )
    return Choice(
        name=f"{repository.repo_id}:{quantisation}",
        title=f"{spec.title} · {quantisation}",
        group="GGUF",
        verdict=planned.fits,
        reason=joined(planned.reason, quality),
        precision=quantisation,
        memory_bytes=planned.total_bytes,
        disk_bytes=planned.weight_bytes,
        is_on_disk=is_here,
        licence=spec.licence,
        strengths=spec.strengths,
    )


def _shape(repository: GgufRepository, spec: ModelSpec) -> GgufShape:
    arch = spec.architecture
    # Older files of latent attention are not converted for it: their cache holds what each head reads.
    width = arch.heads * (arch.latent.query_dim + arch.latent.value_dim) if arch.latent else 0
    width = width or 2 * arch.kv_heads * arch.head_dim
    return GgufShape(
        name=repository.repo_id,
        quantisation=repository.quantisation,
        weight_bytes=round(spec.params_total * repository.bits / 8),
        kv_bytes_per_token=arch.layers * width * CACHE_ELEMENT_BYTES,
        context_tokens=spec.context_practical,
        vocab_size=arch.vocab,
    )
