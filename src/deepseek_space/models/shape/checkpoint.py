"""What a memory plan needs to know of a checkpoint, from catalogue, folder, Hub or GGUF."""

from dataclasses import dataclass

from deepseek_space.models.shape.architecture import Architecture
from deepseek_space.models.shape.model_spec import ModelSpec
from deepseek_space.models.shape.weights import Matrix, matrices, params_total


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """Shape and weights of one checkpoint. ``disk_bytes`` None is not known; ``dtype`` is that of the files.

    ``context_practical`` is how far to trust it, ``context_most`` what it can read at all, both in tokens.
    ``notes`` are sentences on what lies there and is not used.
    """

    name: str
    architecture: Architecture
    matrices: tuple[Matrix, ...]
    dtype: str
    disk_bytes: int | None
    context_practical: int
    context_most: int
    notes: tuple[str, ...] = ()

    @property
    def params_total(self) -> int:
        """Parameters that get loaded."""
        return params_total(self.matrices)


def from_spec(spec: ModelSpec) -> Checkpoint:
    """Return the checkpoint that a catalogue entry describes."""
    return Checkpoint(
        name=spec.name,
        architecture=spec.architecture,
        matrices=matrices(spec.architecture),
        dtype=spec.dtype,
        disk_bytes=spec.disk_bytes,
        context_practical=spec.context_practical,
        context_most=min(spec.architecture.max_positions, spec.context_advertised or spec.architecture.max_positions),
    )
