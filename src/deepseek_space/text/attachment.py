"""A document that goes with a question: its place in the prompt, and how it is cut to fit.

The form is that of DeepSeek's own app: https://github.com/deepseek-ai/DeepSeek-R1#official-prompts. Knows no files and
no tokenizer; whoever counts tokens is handed in.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

TOKENS_OF_NOTE = 24  # what the note about the gap may take
HEAD_SHARE = 2 / 3  # of what is kept: a document's beginning says more about it than its end
_ROUNDS = 8


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A document as plain text; ``tokens`` counts ``text`` for the model that answered when it was attached.

    One that ``is_left_out`` stays with its question, and the model does not read it.
    """

    name: str
    text: str
    tokens: int
    is_left_out: bool = False


def file_block(file: Attachment) -> str:
    """Return the lines that hand a document to the model; its text is not changed."""
    return f"[file name]: {file.name}\n[file content begin]\n{file.text}\n[file content end]\n"


def with_files(files: Sequence[Attachment], question: str) -> str:
    """Return what the model reads for a question: its documents first, each in a block, then the question."""
    return "".join(file_block(file) for file in files if not file.is_left_out) + question


def shortened(file: Attachment, tokens: int, count: Callable[[str], int]) -> Attachment:
    """Return the document's beginning and end, at most ``tokens`` by ``count``, and a note where the rest was.

    The document itself if it is no longer than that; the note alone if there is no room for more.
    """
    if file.tokens <= tokens:
        return file
    share = max(tokens - TOKENS_OF_NOTE, 0) / file.tokens
    for _ in range(_ROUNDS):
        text = _cut(file, share, count)
        kept = count(text)
        if kept <= tokens or not share:
            break
        # Tokens are not spread evenly: come down in proportion, and a little more.
        share = share * tokens / kept * 0.98
    else:
        text = _cut(file, 0.0, count)
    return replace(file, text=text, tokens=count(text))


def _cut(file: Attachment, share: float, count: Callable[[str], int]) -> str:
    characters = int(len(file.text) * share)
    num_head = int(characters * HEAD_SHARE)
    head = _whole_lines(file.text[:num_head])
    tail = _whole_lines(file.text[len(file.text) - (characters - num_head) :][::-1])[::-1]
    left_out = max(file.tokens - count(head) - count(tail), 1)
    return "\n".join(filter(None, [head, f"[… {left_out:,} tokens are left out here …]", tail]))


def _whole_lines(text: str) -> str:
    """Return ``text`` up to its last line break, unless that would cost half of it."""
    end = text.rfind("\n")
    return text[:end] if end >= len(text) / 2 else text
