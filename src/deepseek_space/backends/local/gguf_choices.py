"""GGUF repositories to choose from, and the quantisations of one, each with how it would fit.

The list of well-known ones is from averages, nothing is asked. Of one that is chosen the Hub tells the sizes.
"""

from collections.abc import Iterable
from dataclasses import replace

from deepseek_space.backends.local.alternatives import no_room
from deepseek_space.backends.local.measuring import measured_as
from deepseek_space.errors import Corrupt
from deepseek_space.models.catalog import CATALOG
from deepseek_space.models.checkpoints.gguf import GGUF_REPOSITORIES, GgufRepository
from deepseek_space.models.downloads.gguf_repository import cached_gguf, published_gguf
from deepseek_space.models.files.gguf_shape import CACHE_ELEMENT_BYTES, GgufShape, quality_of, quantisation_of
from deepseek_space.models.fit.gguf_plan import plan_gguf
from deepseek_space.models.fit.hardware import Hardware
from deepseek_space.models.fit.memory import LoadPlan
from deepseek_space.models.inspection import gguf_shape_of, is_gguf_here
from deepseek_space.models.shape.model_spec import ModelSpec
from deepseek_space.models.source import ModelSource
from deepseek_space.sentences import Sentence, joined
from deepseek_space.status import Choice, Quantisation

USUAL = ("Q4_K_M", "UD-Q4_K_XL", "Q4_K_S", "IQ4_NL", "IQ4_XS", "Q4_1", "Q4_0", "Q5_K_M", "Q5_K_S", "Q6_K", "Q8_0")
_SPECS = {spec.name: spec for spec in CATALOG}


def gguf_choices(*, hardware: Hardware, context_tokens: int = 0) -> tuple[Choice, ...]:
    """Return the repositories as choices, at the quantisation to begin with."""
    return tuple(_choice(repository, hardware, context_tokens) for repository in GGUF_REPOSITORIES)


def gguf_on_disk(*, hardware: Hardware, context_tokens: int = 0) -> list[tuple[ModelSpec, LoadPlan, str]]:
    """Return of those that are complete on this disk, and chat: the checkpoint, how it would fit, and its name."""
    there = [each for each in GGUF_REPOSITORIES if cached_gguf(each.repo_id, each.quantisation)]
    ways = [(_SPECS[each.checkpoint], each) for each in there]
    return [
        (spec, plan_gguf(_shape(each, spec), hardware=hardware, context_tokens=context_tokens), name_of(each))
        for spec, each in ways
        if spec.is_chat
    ]


def name_of(repository: GgufRepository) -> str:
    """Return the name by which a repository is loaded at the quantisation to begin with."""
    return f"{repository.repo_id}:{repository.quantisation}"


def quantisations(
    source: ModelSource, *, hardware: Hardware, context_tokens: int = 0, whole: bool = False
) -> tuple[Quantisation, ...]:
    """Return those of the GGUF repository ``source``, the smallest first; empty if it is none.

    ``whole``: one that memory does not hold altogether does not fit. All have the shape that the header of one tells.
    Raises what the Hub refuses.
    """
    if source.kind != "hub" or (source.spec and not source.quantisation):
        return ()
    published = published_gguf(
        source.location, revision=source.revision or None, beside_weights=bool(source.quantisation)
    )
    sizes = {label: size for label, size in published.items() if isinstance(size, int)}
    if not sizes:
        return ()
    asked = source.quantisation if source.quantisation in sizes else quantisation_of(source.quantisation)
    shape = gguf_shape_of(_at(source, asked if asked in sizes else _usual(sizes)))
    listed = [
        _quantisation(
            _at(source, label), replace(shape, quantisation=label, weight_bytes=size), hardware, context_tokens
        )
        for label, size in sizes.items()
    ]
    if whole:
        listed = [replace(each, verdict="no") if each.verdict == "offload" else each for each in listed]
    incomplete = [
        _incomplete(_at(source, label), error) for label, error in published.items() if not isinstance(error, int)
    ]
    named = asked if asked in published else _usual([each.label for each in listed if each.verdict == "fits"] or sizes)
    return tuple(replace(each, is_named=each.label == named) for each in (*listed, *incomplete))


def _at(source: ModelSource, label: str) -> ModelSource:
    repository = f"{source.location}@{source.revision}" if source.revision else source.location
    return replace(source, name=f"{repository}:{label}", quantisation=label)


def _usual(labels: Iterable[str]) -> str:
    """Return the one to begin with: Q4_K_M, or what is most like it, else the largest."""
    there = list(labels)
    return next((label for label in USUAL if label in there), there[-1])


def _quantisation(source: ModelSource, shape: GgufShape, hardware: Hardware, context_tokens: int) -> Quantisation:
    is_here = is_gguf_here(source)
    planned = _planned(shape, hardware, context_tokens, is_here=is_here)
    measured = hardware.paces.told(measured_as(source, planned), planned)
    return Quantisation(
        name=source.name,
        label=shape.quantisation,
        verdict=planned.fits,
        reason=joined(planned.reason, measured),
        quality=quality_of(shape.quantisation),
        disk_bytes=shape.weight_bytes,
        is_on_disk=is_here,
        is_named=False,
    )


def _incomplete(source: ModelSource, error: Corrupt) -> Quantisation:
    return Quantisation(
        name=source.name,
        label=source.quantisation,
        verdict="no",
        reason=error.sentence,
        quality=quality_of(source.quantisation),
        disk_bytes=0,
        is_on_disk=False,
        is_named=False,
    )


def _planned(shape: GgufShape, hardware: Hardware, context_tokens: int, *, is_here: bool) -> LoadPlan:
    planned = plan_gguf(shape, hardware=hardware, context_tokens=context_tokens)
    obstacle = "" if is_here or planned.fits == "no" else no_room(shape.weight_bytes, hardware)
    return replace(planned, fits="no", reason=obstacle) if obstacle else planned


def _choice(repository: GgufRepository, hardware: Hardware, context_tokens: int) -> Choice:
    spec, quantisation = _SPECS[repository.checkpoint], repository.quantisation
    is_here = cached_gguf(repository.repo_id, quantisation) is not None
    planned = _planned(_shape(repository, spec), hardware, context_tokens, is_here=is_here)
    quality = Sentence(
        "About so large; {quality}. Its other quantisations are offered beside Load, once it is chosen.",
        quality=quality_of(quantisation),
    )
    return Choice(
        name=name_of(repository),
        title=f"{spec.title} · {quantisation}",
        group="GGUF",
        verdict=planned.fits,
        reason=joined(planned.reason, hardware.paces.told(spec.name, planned), quality),
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
