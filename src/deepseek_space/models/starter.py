"""The starter converted for torch: made once of its GGUF file as bf16 safetensors, where a precision is asked for.

Reading the GGUF on torch takes over ten seconds, the converted copy a fraction of one. Does not load it for use.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from deepseek_space.errors import Cancelled, LoadFailed, SpaceError
from deepseek_space.events import Loading
from deepseek_space.models.downloads.checksums import never
from deepseek_space.models.downloads.disk import FULL_IN_WORDS, check_room, disk_full, taking_turns, writing_to
from deepseek_space.models.fit.aside import done_aside
from deepseek_space.models.starter_gguf import CHANGE_CACHE, SMOLLM2, StarterSource, ensure_starter_gguf
from deepseek_space.sentences import Sentence

STARTER_NAME = SMOLLM2.name
STARTER_NOTE = Sentence(
    "Not a DeepSeek model: a very small stand-in by Hugging Face (Apache-2.0) that lets this page work at once, "
    "knows far less than one, and little but English. Choose a DeepSeek model under Models."
)
MARKER = "complete.json"
MARKER_FORMAT = 1  # raise it when the conversion changes, so that old copies are made anew


def ensure_starter(
    cache_dir: Path,
    *,
    progress: Callable[[Loading], None],
    cancelled: Callable[[], bool] = never,
    source: StarterSource = SMOLLM2,
) -> Path:
    """Return the folder of the converted starter in ``cache_dir``, making it first where it is not there.

    Several processes may call this at once: one makes it, the others wait for it.
    Raises NoNetwork, Corrupt, NoSpace, DownloadError, LoadFailed, Cancelled.
    """
    folder = cache_dir / source.name
    if is_converted(cache_dir, source=source):
        return folder
    with writing_to(cache_dir, remedy=CHANGE_CACHE):
        cache_dir.mkdir(parents=True, exist_ok=True)
        with taking_turns(cache_dir / f"{source.name}.lock", what=source.name, progress=progress, cancelled=cancelled):
            if not _is_complete(folder, source):
                _make(folder, source, progress=progress, cancelled=cancelled)
    return folder


def is_converted(cache_dir: Path, *, source: StarterSource = SMOLLM2) -> bool:
    """Tell whether the converted starter is whole in ``cache_dir``."""
    return _is_complete(cache_dir / source.name, source)


def _is_complete(folder: Path, source: StarterSource) -> bool:
    try:
        marker = json.loads((folder / MARKER).read_text())
        known = (marker["format"], marker["gguf_sha256"]) == (MARKER_FORMAT, source.gguf_sha256)
        return known and all((folder / name).stat().st_size == size for name, size in marker["files"].items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


@contextmanager
def _explained(name: str, cache_dir: Path) -> Iterator[None]:
    try:
        yield
    except SpaceError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno:
            raise
        if any(words in str(error).lower() for words in FULL_IN_WORDS):  # safetensors has an error class of its own
            raise disk_full(cache_dir, remedy=CHANGE_CACHE) from error
        raise LoadFailed(
            "Converting {name} went wrong ({error}). Install the versions of requirements.txt, or name a "
            "model on this disk with --model FOLDER.",
            name=name,
            error=error,
        ) from error


def _make(
    folder: Path, source: StarterSource, *, progress: Callable[[Loading], None], cancelled: Callable[[], bool]
) -> None:
    for leftover in folder.parent.glob(f"{source.name}.partial-*"):  # of a process that was killed
        shutil.rmtree(leftover, ignore_errors=True)
    gguf = ensure_starter_gguf(folder.parent, progress=progress, cancelled=cancelled, source=source)
    check_room(folder.parent, source.convert_bytes, what=Sentence("Preparing the starter model"), remedy=CHANGE_CACHE)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f"{source.name}.partial-") as work:
        progress(Loading(stage="Converting the starter model, once"))
        converted = Path(work) / "converted"
        places = map(str, (gguf, converted, folder.parent))
        done_aside(__name__, "convert", *places, asdict(source), cancelled=cancelled)
        _stop_if(cancelled)
        _mark_complete(converted, source)
        if folder.exists():
            shutil.rmtree(folder)
        converted.rename(folder)


def convert(gguf: str, folder: str, cache_dir: str, values: dict[str, Any]) -> None:
    """Make ``folder`` of the GGUF of the ``StarterSource`` of these ``values``, in this process. Imports torch."""
    source, cache = StarterSource(**values), Path(cache_dir)
    with writing_to(cache, remedy=CHANGE_CACHE), _explained(source.name, cache):
        _convert(Path(gguf), Path(folder), source)


def _convert(gguf: Path, folder: Path, source: StarterSource) -> None:
    import torch
    from tokenizers.pre_tokenizers import Digits, Sequence
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    model = AutoModelForCausalLM.from_pretrained(
        gguf.parent, gguf_file=gguf.name, dtype=torch.bfloat16, quantization_config=GgufConfig(dequantize=True)
    )
    # SmolLM2 was trained on single digits; transformers' GGUF reader keeps " 1" together and so misreads "  12".
    backend = tokenizer.backend_tokenizer
    backend.pre_tokenizer = Sequence([Digits(individual_digits=True), backend.pre_tokenizer])
    tokenizer.model_max_length = source.context_tokens
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    _check_text(folder, source)


def _check_text(folder: Path, source: StarterSource) -> None:
    from transformers import AutoTokenizer, GenerationConfig

    tokenizer = AutoTokenizer.from_pretrained(folder)
    stop_id = GenerationConfig.from_pretrained(folder).eos_token_id
    text = "def f(x):\n\treturn x  # 12\n你好，世界 🙂 👩\u200d👧 é\n"
    problems = {
        Sentence("it does not give text back unchanged"): tokenizer.decode(tokenizer(text).input_ids) != text,
        Sentence("its stop token is not {token}", token=source.eos_token): tokenizer.decode([stop_id])
        != source.eos_token,
        Sentence("it has no chat template"): not tokenizer.chat_template,
    }
    for problem, found in problems.items():
        if found:
            raise LoadFailed(
                "This transformers version converts the tokenizer of {name} wrongly: {problem}. Install the "
                "versions of requirements.txt, or name a model on this disk with --model FOLDER.",
                name=source.name,
                problem=problem,
            )


def _mark_complete(folder: Path, source: StarterSource) -> None:
    files = {path.name: path.stat().st_size for path in folder.iterdir()}
    marker = {"format": MARKER_FORMAT, "gguf_sha256": source.gguf_sha256, "files": files}
    (folder / MARKER).write_text(json.dumps(marker, indent=1))


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise Cancelled("Preparing the starter model was cancelled.")
