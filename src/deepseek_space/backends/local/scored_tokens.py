"""Scores of token ids to events with their texts. Knows no engine at work and no format."""

from typing import Any

from deepseek_space.engine.reply import Scores
from deepseek_space.events import Scored, ScoredToken
from deepseek_space.text.token_texts import TokenTexts


class ScoredTokens:
    """Tells the scores of one reply; ``prompt`` are its ids, of which the first ``hidden`` are not the sender's."""

    def __init__(self, tokenizer: Any, prompt: tuple[int, ...], *, hidden: int) -> None:
        self._texts = TokenTexts(tokenizer)
        self._first = prompt[hidden : hidden + 1]
        self._skips_one = hidden > 0

    def opening(self) -> Scored:
        """Return the event of the prompt's first token, which follows nothing that was sent."""
        tokens = tuple(ScoredToken(text=self._texts.of(token), logprob=None) for token in self._first)
        return Scored(tokens=tokens, of_prompt=True)

    def told(self, scores: Scores) -> Scored:
        """Return the event of ``scores``."""
        tokens = scores.tokens
        if scores.of_prompt and self._skips_one:  # what stands behind BOS is the first token, and told already
            tokens, self._skips_one = tokens[1:], False
        return Scored(
            tokens=tuple(
                ScoredToken(text=self._texts.of(token.id), logprob=token.logprob, top=self._texts.named(token.top))
                for token in tokens
            ),
            of_prompt=scores.of_prompt,
        )
