"""A tokenizer that is known to give back what it is given, and the tokens at which a reply ends.

Some published tokenizers load without error and drop every space; such a one is repaired or refused here.
Knows nothing about prompts, models or weights.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from deepseek_space.errors import LoadFailed, NotACheckpoint, first_line
from deepseek_space.models.files.gguf_checkpoint import open_gguf
from deepseek_space.models.files.gguf_tokenizer import gguf_tokenizer
from deepseek_space.models.files.stand_in import check_file
from deepseek_space.models.files.tokenizer_files import check_there
from deepseek_space.sentences import Sentence, joined

if TYPE_CHECKING:
    from transformers import PreTrainedConfig

PROBES = (
    "def f(n):\n    return n  # ok",
    "if x:\n\tprint('tab')\n\n\n",
    "深度求索：你好，世界。",
    "naïve café 🙂👩‍💻",
)
# Tokens with which a family ends a turn; models emit them even where no configuration names them.
TURN_ENDERS = ("<|EOT|>", "<|im_end|>", "<|eot_id|>", "<｜end▁of▁sentence｜>")


def load_tokenizer(
    folder: Path, *, gguf_file: str = "", config: "PreTrainedConfig | None" = None
) -> PreTrainedTokenizerBase:
    """Return the tokenizer of ``folder``, checked. ``config`` is that of its model, read from there if it is left out.

    Raises NotACheckpoint if there is none, LoadFailed if it loses text and cannot be repaired, Unsupported for a kind
    that cannot be honoured.
    """
    if gguf_file:
        path = folder / gguf_file
        return _sound(
            gguf_tokenizer(open_gguf(path)), None, where=path, remedy=Sentence("Take the original checkpoint.")
        )
    from transformers import AutoTokenizer  # imports torch, which a GGUF does without

    check_there(folder)
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, config=config, trust_remote_code=False, local_files_only=True)
    except Exception as error:  # each tokenizer's class raises what it likes
        raise NotACheckpoint(
            "{folder} holds no tokenizer that can be read ({error}); fetch tokenizer.json and "
            "tokenizer_config.json again.",
            folder=folder,
            error=first_line(error),
        ) from error
    raw = _raw_tokenizer(folder)
    if fault(tokenizer, raw) is not None and raw is not None:
        tokenizer = PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True)
    remedy = Sentence("Fetch tokenizer.json and tokenizer_config.json again, or use a newer transformers.")
    return _sound(tokenizer, raw, where=folder, remedy=remedy)


def _sound(
    tokenizer: PreTrainedTokenizerBase, raw: Tokenizer | None, *, where: Path, remedy: str
) -> PreTrainedTokenizerBase:
    if (wrong := fault(tokenizer, raw)) is not None:
        raise LoadFailed(
            joined(
                Sentence(
                    "The tokenizer in {folder} {fault}: the model would read something else than was written.",
                    folder=where,
                    fault=wrong,
                ),
                remedy,
            )
        )
    return tokenizer


def _raw_tokenizer(folder: Path) -> Tokenizer | None:
    path = folder / "tokenizer.json"
    if not path.is_file():
        return None
    check_file(path)
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # tokenizers raises nothing narrower
        raise NotACheckpoint("{path} is not a tokenizer ({error}); fetch it again.", path=path, error=error) from error


def fault(tokenizer: PreTrainedTokenizerBase, raw: Tokenizer | None) -> str | None:
    """Return what is wrong with ``tokenizer`` as the rest of a sentence, or None.

    It must give every probe back, and cut it, and each token of the file's own list that stands apart, as the file's
    own ``raw`` tokenizer does.
    """
    for probe in PROBES:
        ids = tokenizer.encode(probe, add_special_tokens=False)
        back = tokenizer.decode(ids, clean_up_tokenization_spaces=False)
        if back != probe:
            return Sentence("turns {probe} into {back}", probe=repr(probe), back=repr(back))
        if raw is not None and raw.encode(probe, add_special_tokens=False).ids != ids:
            return Sentence("cuts {probe} otherwise than its own tokenizer.json", probe=repr(probe))
    for token in raw.get_added_tokens_decoder().values() if raw is not None else ():
        ids = tokenizer.encode(token.content, add_special_tokens=False)
        if raw.encode(token.content, add_special_tokens=False).ids != ids:
            return Sentence(
                "reads its own token {token} otherwise than its own tokenizer.json", token=repr(token.content)
            )
    return None


def stop_ids(
    tokenizer: PreTrainedTokenizerBase, published: int | Iterable[int] | None, extra_stop: tuple[str, ...]
) -> frozenset[int]:
    """Return the ids that end a reply: the tokenizer's, those ``published`` beside it, ``extra_stop``, turn enders.

    Strings that are no token of this vocabulary are left out: they can be stop strings, not stop tokens.
    """
    ids = {published} if isinstance(published, int) else set(published or ())
    added = tokenizer.get_added_vocab()
    ids |= {added[token] for token in (*TURN_ENDERS, *extra_stop) if token in added}
    ids.add(tokenizer.eos_token_id)
    return frozenset(ids - {None})
