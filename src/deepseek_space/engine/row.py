"""One request on its way through the engine. Knows nothing about other rows."""

from collections.abc import Sequence
from itertools import count

import numpy as np
import torch

from deepseek_space.engine.drafter import Drafter
from deepseek_space.engine.kv_cache import KVCache
from deepseek_space.engine.prefix_cache import Prefix
from deepseek_space.engine.reply import Job, Reply, Scores, Token
from deepseek_space.engine.sampling import Sampler
from deepseek_space.engine.token_scores import score_of, scores_of
from deepseek_space.events import FinishReason

_serial = count(1)


class Row(Reply):
    """A job's ids and cache beside its events. The engine writes; the reader takes events and may cancel."""

    def __init__(self, job: Job, *, max_new_tokens: int) -> None:
        super().__init__(job)
        self.serial = next(_serial)
        self.ids = list(job.prompt)
        self.max_new_tokens = max_new_tokens
        self.cache = KVCache()
        self.sampler = Sampler(job.sampling, job.penalties, prompt=job.prompt, said=job.said, guide=job.guide)
        self.drafter = Drafter()
        self.prompt_logits: torch.Tensor | None = None  # what the first token is chosen from
        self.num_scored = 1 if job.scores_prompt else len(job.prompt)  # the first token follows nothing
        self.num_generated = 0  # the id that ends the reply counts, as with transformers and vLLM

    @property
    def num_unread(self) -> int:
        """Return how many known ids the model has not read yet; 1 while decoding, 0 if the next logits are known."""
        return len(self.ids) - self.cache.length

    @property
    def max_tokens(self) -> int:
        """Return the length that the cache may reach."""
        return len(self.job.prompt) + self.max_new_tokens

    def known_ids(self) -> np.ndarray:
        """Return prompt and reply so far."""
        return np.asarray(self.ids, dtype=np.int32)

    def prefix(self) -> Prefix:
        """Return what the cache holds now, with its ids."""
        return Prefix(
            ids=self.known_ids()[: self.cache.length],
            cache=self.cache,
            scope=self.job.scope,
            prompt_tokens=len(self.job.prompt),
            prompt_logits=self.prompt_logits,
        )

    def draft(self) -> Sequence[int]:
        """Return guesses at the ids to come, as far as there is room for them.

        None for the first: its logits are kept for a retry, and are to be the same however the prompt was read.
        """
        at_most = self.max_tokens - len(self.ids) - 1
        if not self.num_generated:
            return ()
        guesses = self.drafter.draft(self.ids, at_most=at_most)
        return self.job.guide.fitting(guesses)[:at_most] if self.job.guide else guesses

    def accept(self, token: int, scores: torch.Tensor) -> FinishReason | None:
        """Take the next token, chosen from ``scores`` [vocabulary]; return why the reply ends with it, or None."""
        self.tick()
        self.num_generated += 1
        top = self.job.top_logprobs
        score = None if top is None else score_of(token, scores, top=top)
        if token in self.job.stop_ids:
            if score:
                self.tell(Scores(tokens=(score,)))
            return "stop"
        self.ids.append(token)
        self.sampler.accept(token)
        self.tell(Token(id=token, score=score))
        return "length" if self.num_generated >= self.max_new_tokens else None

    @property
    def scores_prompt(self) -> bool:
        """Tell whether tokens of the prompt are still to be scored."""
        return self.num_scored < len(self.job.prompt)

    def score_prompt(self, logits: torch.Tensor) -> None:
        """Tell the scores of the prompt's tokens by what followed the last ones read [their number, vocabulary]."""
        start = self.cache.length - len(logits) + 1  # the token that the first of them foretells
        skipped = max(0, self.num_scored - start)  # told already: the row was sent back meanwhile
        ids = self.job.prompt[start + skipped : self.cache.length + 1]
        if ids:
            self.num_scored = start + skipped + len(ids)
            told = scores_of(ids, logits[skipped : skipped + len(ids)], top=self.job.top_logprobs or 0)
            self.tell(Scores(tokens=told, of_prompt=True))
