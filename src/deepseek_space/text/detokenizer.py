"""Token ids in, text that is safe to show out, one token at a time.

Holds back half characters. The cost of a token does not depend on the length of the answer. Knows neither reasoning nor
stop strings: ``<think>`` and ``</think>`` come through as text.
"""

from collections.abc import Sequence
from typing import Any

from deepseek_space.text.templates import END_THINK, THINK

UNFINISHED = "\ufffd"
# A character has at most 4 bytes; a longer run of broken text is shown as it is, so that the window stays small.
_LONGEST_HOLD_TOKENS = 32


class Detokenizer:
    """Decodes one answer.

    The pieces joined equal ``tokenizer.decode`` of all ids without special tokens. An incomplete character at the very
    end becomes U+FFFD.
    """

    def __init__(self, tokenizer: Any, *, before: Sequence[int] = ()) -> None:
        """``before`` are the ids that the text goes on from: some tokenizers decode a first token differently."""
        self._decode = tokenizer.backend_tokenizer.decode
        self._hidden = {
            token_id
            for token_id, token in tokenizer.added_tokens_decoder.items()
            if token.special and token.content not in (THINK, END_THINK)
        }
        # The last settled tokens, for their spacing, and those not yet settled.
        self._window = [token_id for token_id in before if token_id not in self._hidden]
        self._num_settled = len(self._window)
        # Text of the window that has been passed on.
        self._shown = self._decode(self._window, skip_special_tokens=False) if self._window else ""

    def push(self, token_id: int) -> str:
        """Return the text that ``token_id`` makes safe to show, often empty."""
        if token_id in self._hidden:
            return ""
        self._window.append(token_id)
        text = self._decode(self._window, skip_special_tokens=False)
        settled = text.rstrip(UNFINISHED)
        finished = settled == text or len(self._window) - self._num_settled > _LONGEST_HOLD_TOKENS
        piece = (text if finished else settled)[len(self._shown) :]
        self._shown += piece
        if finished:
            self._slide()
        return piece

    def hides(self, token_id: int) -> bool:
        """Tell whether ``token_id`` is a control token, of which no text is shown."""
        return token_id in self._hidden

    def flush(self, *, final: bool = True) -> str:
        """Return what is still held back; call once, after the last token.

        Without ``final`` the answer is to go on later: an incomplete character is left for then.
        """
        text = self._decode(self._window, skip_special_tokens=False) if self._window else ""
        text = text if final else text.rstrip(UNFINISHED)
        piece = text[len(self._shown) :]
        self._window, self._num_settled, self._shown = [], 0, ""
        return piece

    def _slide(self) -> None:
        self._window = self._window[self._num_settled :]
        self._num_settled = len(self._window)
        self._shown = self._decode(self._window, skip_special_tokens=False)
