"""The bytes that each token of a vocabulary stands for, parts of characters too. Knows no model and no reply."""

from functools import cached_property
from typing import Any

from llguidance import LLTokenizer
from tokenizers import Tokenizer

from deepseek_space.errors import Unsupported, first_line


class TokenBytes:
    """Reads the vocabulary of ``tokenizer`` when it is first asked, which takes about a second for a large one.

    ``stop_ids`` end a reply, and ``size`` is how many scores the model gives, which may be more than there are tokens.
    May be shared by threads.
    """

    def __init__(self, tokenizer: Any, *, stop_ids: frozenset[int] = frozenset(), size: int = 0) -> None:
        self._tokenizer = tokenizer
        self._stop_ids = stop_ids
        self._size = max(size, len(tokenizer))

    @cached_property
    def trie(self) -> LLTokenizer:
        """All tokens by their bytes. Raises Unsupported for a tokenizer that does not tell them."""
        plain = Tokenizer.from_str(self._tokenizer.backend_tokenizer.to_str())
        plain.no_padding()
        plain.no_truncation()
        try:
            return LLTokenizer(plain.to_str(), n_vocab=self._size, eos_token=sorted(self._stop_ids) or None)
        except ValueError as error:
            raise Unsupported(
                "The tokens of this model do not tell their bytes ({reason}). Ask for no probabilities and no format "
                "of the answer.",
                reason=first_line(error),
            ) from error

    def id_of(self, text: str) -> int | None:
        """Return the id of the added token that is ``text``, None if there is none."""
        return self._tokenizer.get_added_vocab().get(text)

    def of(self, *ids: int) -> bytes:
        """Return the bytes of ``ids``."""
        return self.trie.decode_bytes(list(ids))
