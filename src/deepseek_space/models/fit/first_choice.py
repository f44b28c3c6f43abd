"""Which checkpoint a chat page begins with, of those that fit: newest kind, then largest. Pure.

One that would write less than a token a second, or forget what was said a page ago, comes after all that do better.
"""

from collections.abc import Iterable

from deepseek_space.models.fit.hardware import Hardware
from deepseek_space.models.fit.memory import LoadPlan
from deepseek_space.models.fit.pace import MOST_CORES, weights_per_core_s
from deepseek_space.models.shape.model_spec import ModelSpec

LEAST_TOKENS_PER_S = 1.0
SPACE_TOKENS_PER_S = 5.0
"""About as fast as people read: those of a Space wait for each other as well."""
LENT_SHARE = 0.4
"""How much of a card that is lent the weights may take: they are put there anew, out of each visitor's time."""
ROOMY_TOKENS = 8192
"""A context that holds a question, thoughts of the usual length and an answer."""

# From the last to the first to chat with: specialists refuse much, or answer everything in their own way; then by
# release, and a distill of R1 before larger models that cannot reason.
KINDS = ("Coder", "Math", "MoE", "LLM", "Coder V2", "V2", "R1 distilled", "V3", "V3.1", "R1", "V3.2", "V4")


def first_choice(
    fitting: Iterable[tuple[ModelSpec, LoadPlan]],
    hardware: Hardware,
    *,
    least_tokens_per_s: float = LEAST_TOKENS_PER_S,
) -> ModelSpec | None:
    """Return the one to begin with, None if there is none; where all are slow or cramped, the least slow."""
    candidates = sorted(fitting, key=lambda each: (KINDS.index(each[0].group), each[0].params_total), reverse=True)
    for spec, plan in candidates:
        is_roomy = plan.context_tokens >= min(ROOMY_TOKENS, spec.context_practical)
        if is_roomy and tokens_per_s(spec, plan, hardware) >= least_tokens_per_s:
            return spec
    return max(candidates, key=lambda each: tokens_per_s(*each, hardware), default=(None,))[0]


def suits_many(plan: LoadPlan, hardware: Hardware) -> bool:
    """Tell whether a public page would begin with this: four bits on a card are slow for more than one reader."""
    card = next((gpu for gpu in hardware.gpus if gpu.device in plan.devices), None)
    if card is None:
        return True
    if card.is_lent:
        return plan.weight_bytes <= card.total_bytes * LENT_SHARE
    return plan.precision not in ("nf4", "fp4")


def tokens_per_s(spec: ModelSpec, plan: LoadPlan, hardware: Hardware) -> float:
    """Return about how fast a CPU writes a reply, as measured here if it was.

    Infinity for a graphics card, which is fast enough for what fits.
    """
    if plan.devices != ("cpu",):
        return float("inf")
    if measured := hardware.paces.of(spec.name, plan, readers="one"):
        return measured
    cores = min(hardware.cores, MOST_CORES)
    return cores * weights_per_core_s(plan, spec.params_total) / spec.params_active
