"""A GGUF model in memory with its cache: tokens of several sequences in, the logits after some of them out.

Nothing about requests: who has which sequence is for others to know.
"""

import ctypes
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepseek_space.engine.gguf.library import Batch, Log, Progress, library
from deepseek_space.errors import EngineError, LoadFailed

CHUNK_TOKENS = 512
MOST_LOGITS = 128
"""Of one call; each takes a vocabulary of floats."""
_NO_CELLS = 1
_ERROR_LEVEL = 4
_LAST_WORDS = 8


class NoCells(Exception):
    """The cache has no room for the tokens; nothing was read."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Tokens that go on a ``sequence`` from ``position``; ``num_logits`` of them, the last ones, are asked for."""

    sequence: int
    position: int
    ids: Sequence[int]
    num_logits: int


class GgufContext:
    """The model of ``path``, on ``threads``, with ``cells`` of cache for all of ``num_sequences`` together.

    Raises LoadFailed with llama.cpp's own last words; ``progress`` gets from 0 to 1.
    """

    def __init__(
        self, path: Path, *, cells: int, num_sequences: int, threads: int, progress: Callable[[float], None]
    ) -> None:
        self._api = library()
        self._words: list[str] = []
        self._log = Log(self._take_word)
        self._api.llama_log_set(self._log, None)
        self._api.llama_backend_init()
        self._model = self._load(path, progress)
        params = self._api.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_ubatch = cells, CHUNK_TOKENS, CHUNK_TOKENS
        params.n_seq_max, params.kv_unified = num_sequences, True
        params.n_outputs_max = params.n_outputs_max_per_seq = MOST_LOGITS
        params.n_threads = params.n_threads_batch = threads
        self._context = self._api.llama_init_from_model(self._model, params)
        if not self._context:
            raise self._failed(path)
        self.vocab_size: int = self._api.llama_vocab_n_tokens(self._api.llama_model_get_vocab(self._model))
        self._memory = self._api.llama_get_memory(self._context)
        self._make_batch()

    def _load(self, path: Path, progress: Callable[[float], None]) -> int:
        def told(share: float, _data: object) -> bool:
            progress(share)
            return True

        params = self._api.llama_model_default_params()
        params.progress_callback = Progress(told)
        model = self._api.llama_model_load_from_file(os.fsencode(path), params)
        if not model:
            raise self._failed(path)
        return model

    def _take_word(self, level: int, text: bytes, _data: object) -> None:
        if level >= _ERROR_LEVEL:
            self._words = [*self._words, text.decode(errors="replace").strip()][-_LAST_WORDS:]

    def _failed(self, path: Path) -> LoadFailed:
        said = next((word for word in self._words if word), "no reason given")
        return LoadFailed("llama.cpp cannot load {path}: {said}", path=path, said=said[:300])

    def _make_batch(self) -> None:
        count = CHUNK_TOKENS
        self._ids, self._positions, self._sequences = (np.zeros(count, dtype=np.int32) for _ in range(3))
        self._ones, self._wanted = np.ones(count, dtype=np.int32), np.zeros(count, dtype=np.int8)
        first = self._sequences.ctypes.data
        self._pointers = np.arange(first, first + 4 * count, 4, dtype=np.uint64)
        self._batch = Batch(
            token=self._ids.ctypes.data,
            pos=self._positions.ctypes.data,
            n_seq_id=self._ones.ctypes.data,
            seq_id=self._pointers.ctypes.data,
            logits=self._wanted.ctypes.data,
        )

    def decode(self, pieces: Sequence[Piece]) -> np.ndarray:
        """Return the logits [asked for, vocabulary], piece after piece; they are good until the next call.

        At most CHUNK_TOKENS in all, and MOST_LOGITS. Raises NoCells, EngineError.
        """
        at = 0
        for piece in pieces:
            end = at + len(piece.ids)
            self._ids[at:end] = piece.ids
            self._positions[at:end] = np.arange(piece.position, piece.position + end - at)
            self._sequences[at:end] = piece.sequence
            self._wanted[at:end] = 0
            self._wanted[end - piece.num_logits : end] = 1
            at = end
        self._batch.n_tokens = at
        code = self._api.llama_decode(self._context, self._batch)
        if code == _NO_CELLS:
            raise NoCells
        if code:
            said = self._words[-1] if self._words else ""
            raise EngineError("llama.cpp could not go on (code {code}): {said}", code=code, said=said)
        count = sum(piece.num_logits for piece in pieces)
        if not count:
            return np.empty((0, self.vocab_size), dtype=np.float32)
        pointer = self._api.llama_get_logits(self._context)
        return np.ctypeslib.as_array(pointer, shape=(count, self.vocab_size))

    def forget(self, sequence: int, *, start: int = 0) -> bool:
        """Drop what the cache holds of ``sequence`` from ``start`` on; tell whether that can be done."""
        return self._api.llama_memory_seq_rm(self._memory, sequence, start, -1)

    def copy(self, source: int, target: int, *, end: int) -> None:
        """Let ``target`` begin with the first ``end`` tokens of ``source``; shares the cells."""
        self._api.llama_memory_seq_cp(self._memory, source, target, 0, end)

    def tokenize(self, text: str) -> list[int]:
        """Return llama.cpp's own ids of ``text``, its control tokens read as such and none added."""
        vocab, content = self._api.llama_model_get_vocab(self._model), text.encode()
        room = len(content) + 8
        found = (ctypes.c_int32 * room)()
        count = self._api.llama_tokenize(vocab, content, len(content), found, room, False, True)
        return list(found[:count])

    def close(self) -> None:
        """Free everything."""
        self._api.llama_free(self._context)
        self._api.llama_model_free(self._model)
