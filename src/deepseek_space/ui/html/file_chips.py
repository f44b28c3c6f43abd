"""Documents → what the page shows of them: their names and sizes, never their text. Pure functions, HTML."""

from collections.abc import Collection, Sequence
from html import escape

from deepseek_space.text.attachment import Attachment
from deepseek_space.ui.words.amounts import token_text
from deepseek_space.ui.words.language import say


def composer_chips(files: Collection[Attachment], notes: Sequence[str] = (), reading: Sequence[str] = ()) -> str:
    """Return what stands over the message: documents, those being read, what can be asked of them, notes."""
    chips = [_chip(file, _remove_button(file)) for file in files]
    chips += [_reading_chip(name) for name in reading]
    parts = [f'<div class="ds-files" role="list">{"".join(chips)}</div>'] if chips else []
    if reading:
        parts.append(f'<p class="ds-file-note" role="status">{escape(say("Reading …"))}</p>')
    elif files:
        parts.append(_prompts(files))
    if notes:
        lines = "".join(f"<li>{escape(note)}</li>" for note in notes)
        parts.append(f'<ul class="ds-file-note is-warning" role="alert">{lines}</ul>')
    return "".join(parts)


def question_chips(files: Sequence[Attachment]) -> str:
    """Return what stands with a question that was sent."""
    return f'<div class="ds-files">{"".join(_chip(file) for file in files)}</div>'


def prompt_for(kind: str, num_files: int) -> str:
    """Return the question that a button stands for, in the reader's language; "" for a button that is not ours."""
    if kind == "summarise" and num_files > 1:
        return say("Summarise each of these documents in two sentences. Then say what they have in common.")
    if kind == "summarise":
        return say("Summarise this document: what it is about, its main points, and what follows from them.")
    if kind == "ask" and num_files > 1:
        return say("What are these documents about? List five questions that they answer, each with its answer.")
    if kind == "ask":
        return say("What is this document about? List five questions that it answers, each with its answer.")
    return ""


def _chip(file: Attachment, button: str = "") -> str:
    name = escape(file.name)
    left_out = " is-left-out" if file.is_left_out else ""
    return (
        f'<span class="ds-file{left_out}" role="listitem"><span class="ds-file-name" title="{name}">{name}</span> '
        f'<span class="ds-file-tokens">{escape(token_text(file.tokens))}</span>{button}</span>'
    )


def _reading_chip(name: str) -> str:
    return f'<span class="ds-file is-read" role="listitem"><span class="ds-file-name">{escape(name)}</span></span>'


def _remove_button(file: Attachment) -> str:
    label = escape(say("Remove {name}", name=file.name))
    return (
        f'<button type="button" class="ds-act ds-file-remove" name="file_remove" value="{escape(file.name)}" '
        f'title="{label}" aria-label="{label}">×</button>'
    )


def _prompts(files: Collection[Attachment]) -> str:
    several = len(files) > 1
    labels = {
        "summarise": say("Summarise"),
        "ask": say("Ask about these documents") if several else say("Ask about this document"),
    }
    buttons = "".join(
        f'<button type="button" class="ds-act ds-pill" name="file_prompt" '
        f'value="{escape(prompt_for(kind, len(files)))}">{escape(label)}</button>'
        for kind, label in labels.items()
    )
    total = ""
    if several:
        tokens = f"{sum(file.tokens for file in files):,}"
        words = escape(say("{count} documents, {tokens} tokens", count=len(files), tokens=tokens))
        total = f'<span class="ds-file-total">{words}</span>'
    return f'<div class="ds-file-prompts"><span class="ds-file-asks">{buttons}</span>{total}</div>'
