"""Logits to the next token ids, of all rows at once, each with its own parameters, counts and random numbers.

In the order of transformers' ``generate``: repetition penalty, OpenAI's penalties, guide, temperature, top-k, top-p,
min-p. What takes a whole vocabulary is one operation for all rows, and none of them looks from one row at another: what
a row draws does not depend on who else is served. Knows nothing about text.
"""

from collections.abc import Sequence

import numpy as np
import torch

from deepseek_space.engine.drawing import draw
from deepseek_space.engine.guide import Guide
from deepseek_space.engine.penalties import TokenPenalties
from deepseek_space.types import Penalties, Sampling


class Sampler:
    """How one row's tokens are chosen. The same seed and the same logits give the same tokens, whoever else is served.

    ``said`` is what the reply held before this row went on with it: ``penalties`` count that. The repetition penalty
    looks at all of ``prompt``. ``guide`` leaves nothing to choose from but what fits.
    """

    def __init__(
        self,
        sampling: Sampling,
        penalties: Penalties | None = None,
        *,
        prompt: Sequence[int] = (),
        said: Sequence[int] = (),
        guide: Guide | None = None,
    ) -> None:
        self.sampling, self.guide = sampling, guide
        self.penalties = TokenPenalties(penalties, repetition=sampling.repetition_penalty, prompt=prompt, said=said)
        self.is_greedy = sampling.temperature == 0
        self._random = np.random.Generator(np.random.PCG64(sampling.seed))

    @property
    def takes_argmax(self) -> bool:
        """Tell whether the most likely token is always the one chosen."""
        return self.is_greedy and self.penalties.change_nothing and self.guide is None

    def accept(self, token: int) -> None:
        """Take notice of the token that the row takes."""
        self.penalties.accept(token)
        if self.guide is not None:
            self.guide.accept(token)

    def draw(self, probabilities: np.ndarray) -> int:
        """Return the next id by ``probabilities`` [vocabulary], with the row's next random number."""
        return draw(probabilities, self.sampling, self._random.random())


def choose(samplers: Sequence[Sampler], logits: torch.Tensor) -> list[int | Exception]:
    """Return the next id by each row of ``logits`` [as many rows, vocabulary], in its place what went wrong with it.

    The logits stay as they are.
    """
    temperatures = [1.0 if sampler.is_greedy else float(sampler.sampling.temperature) for sampler in samplers]
    by = logits.new_tensor(temperatures)[:, None]
    # Row after row, however the logits of several rows lie.
    scores = torch.div(logits, by, out=torch.empty(logits.shape, dtype=logits.dtype, device=logits.device))
    _penalise(samplers, logits, scores, by)
    chosen: list[int | Exception] = [0] * len(samplers)
    for row, error in _hold(samplers, scores):
        chosen[row] = error
    left = [row for row, outcome in enumerate(chosen) if not isinstance(outcome, Exception)]
    greedy = [row for row in left if samplers[row].is_greedy]
    for row, token in zip(greedy, _rows(scores, greedy).argmax(-1).tolist() if greedy else (), strict=True):
        chosen[row] = token
    drawn = [row for row in left if not samplers[row].is_greedy]
    probabilities = _rows(scores, drawn).softmax(-1).cpu().numpy() if drawn else ()
    for row, its in zip(drawn, probabilities, strict=True):
        try:
            chosen[row] = samplers[row].draw(its)
        except ValueError as error:
            chosen[row] = error
    return chosen


def _rows(scores: torch.Tensor, rows: Sequence[int]) -> torch.Tensor:
    return scores if len(rows) == len(scores) else scores[rows]


def _penalise(samplers: Sequence[Sampler], logits: torch.Tensor, scores: torch.Tensor, by: torch.Tensor) -> None:
    """Put the scores of penalised tokens, over the temperatures ``by``, in their places; one gather and one scatter."""
    changing = [(row, its.penalties) for row, its in enumerate(samplers) if not its.penalties.change_nothing]
    if not changing:
        return
    rows, ids = (torch.from_numpy(np.concatenate(parts)).to(logits.device) for parts in _places(changing))
    before = logits[rows, ids].cpu().numpy()
    after, start = np.empty_like(before), 0
    for _, its in changing:
        mine = slice(start, start := start + len(its.ids))
        after[mine] = its.apply(before[mine])
    scores[rows, ids] = torch.from_numpy(after).to(logits.device) / by[rows, 0]


def _places(changing: Sequence[tuple[int, TokenPenalties]]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the rows and the tokens whose scores change, row after row."""
    return [np.full(len(its.ids), row) for row, its in changing], [its.ids for _, its in changing]


def _hold(samplers: Sequence[Sampler], scores: torch.Tensor) -> list[tuple[int, Exception]]:
    """Leave each row's scores to what its guide allows; return the rows whose guide cannot go on, and why."""
    failed: list[tuple[int, Exception]] = []
    for row, sampler in enumerate(samplers):
        if sampler.guide is not None:
            try:
                scores[row] = sampler.guide.hold(scores[row])
            except ValueError as error:
                failed.append((row, error))
    return failed
