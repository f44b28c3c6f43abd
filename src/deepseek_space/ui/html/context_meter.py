"""The thin bar at the composer: how much of the context is taken, and by what. Pure functions, HTML."""

from html import escape

from deepseek_space.chat.context.context_use import ContextUse
from deepseek_space.ui.words.language import say

NARROWEST_ROOM_SHARE = 0.02


def meter(use: ContextUse) -> str:
    """Return the bar with its figures; nothing while the context is not known, or nothing takes any of it."""
    if not use.context_tokens or not use.prompt_tokens:
        return ""
    parts = {"system": use.system, "history": use.history, "documents": use.documents, "question": use.question}
    scale = max(use.context_tokens, use.prompt_tokens + use.room)
    segments = "".join(_segment(name, tokens, scale) for name, tokens in parts.items() if tokens)
    # A narrower one looks like a speck at the end of an empty bar.
    segments += _segment("room", use.room, scale) if use.room >= NARROWEST_ROOM_SHARE * scale else ""
    over = " is-over" if use.tokens_over else ""
    summary = say("{used} of {context} tokens", used=f"{use.prompt_tokens:,}", context=f"{use.context_tokens:,}")
    return (
        f'<button type="button" class="ds-meter{over}" aria-describedby="context-table">'
        f'<span class="ds-meter-bar" aria-hidden="true">{segments}</span>'
        f'<span class="ds-meter-text">{escape(summary)}</span></button>{_table(use)}'
    )


def _segment(name: str, tokens: int, scale: int) -> str:
    return f'<span class="ds-meter-{name}" style="width: {100 * tokens / scale:.2f}%"></span>'


def _table(use: ContextUse) -> str:
    rows = {
        ("system", say("System prompt")): use.system,
        ("history", say("Earlier turns")): use.history,
        ("documents", say("Documents")): use.documents,
        ("question", say("This message")): use.question,
        ("room", say("Kept for the answer")): use.room,
    }
    lines = "".join(
        f'<tr><th scope="row"><span class="ds-meter-key ds-meter-{name}" aria-hidden="true"></span>{escape(label)}</th>'
        f"<td>{tokens:,}</td></tr>"
        for (name, label), tokens in rows.items()
    )
    left = use.context_tokens - use.prompt_tokens - use.room
    last = (say("Free"), left) if left >= 0 else (say("Too much"), -left)
    total = f'<tr class="ds-meter-total"><th scope="row">{escape(last[0])}</th><td>{last[1]:,}</td></tr>'
    return f'<div id="context-table" class="ds-meter-table"><table>{lines}{total}</table></div>'
