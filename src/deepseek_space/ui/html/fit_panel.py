"""The choice when a message does not fit the context: each way with what it gives. Pure functions, HTML."""

from collections.abc import Sequence
from html import escape

from deepseek_space.chat.context.context_use import ContextUse
from deepseek_space.chat.context.fitting import Way
from deepseek_space.ui.words.language import say


def fit_panel(use: ContextUse, ways: Sequence[Way], *, is_new: bool = False) -> str:
    """Return the panel; a click on a way sends the message in that way. In a chat that ``is_new`` none is begun."""
    buttons = "".join(_button("fit", way.key, *_words(way)) for way in ways)
    if not ways:
        hint = say("Shorten the message.") if is_new else say("Shorten the message or begin a new chat.")
        buttons = f"<p>{escape(hint)}</p>"
    title = escape(say("This does not fit the model's context"))
    return (
        f'<section class="ds-fit" role="alertdialog" aria-labelledby="fit-title" aria-describedby="fit-why">'
        f'<h2 id="fit-title">{title}</h2><p id="fit-why">{escape(_why(use))}</p>'
        f'<div class="ds-fit-ways">{buttons}</div>{_button("fit_cancel", "", say("Cancel"), "")}</section>'
    )


def _why(use: ContextUse) -> str:
    return say(
        "It is {prompt} tokens long and {room} are kept for the answer: {over} too many for a context of {context}. "
        "Nothing is sent yet.",
        prompt=f"{use.prompt_tokens:,}",
        room=f"{use.room:,}",
        over=f"{use.tokens_over:,}",
        context=f"{use.context_tokens:,}",
    )


def _words(way: Way) -> tuple[str, str]:
    """Return what a way does, and what it gives."""
    frees = say("frees {tokens} tokens", tokens=f"{way.frees:,}")
    if way.key == "everything":
        both = say("Leave out all earlier turns and shorten the documents")
        return both if way.leave_out else say("Shorten all documents"), frees
    if way.room is not None:
        does = say("Answer in {tokens} tokens at most", tokens=f"{way.room:,}")
        return does, say("all is read, the answer is shorter")
    if way.without and way.without.turn_id:
        return say("Leave out {name}, of an earlier turn", name=way.without.file.name), frees
    if way.without:
        return say("Leave out {name}", name=way.without.file.name), frees
    if way.cuts:
        cut = way.cuts[0]
        before, after = f"{cut.file.tokens:,}", f"{cut.tokens:,}"
        does = say("Shorten {name} from {before} to {after} tokens", name=cut.file.name, before=before, after=after)
        return does, say("its beginning and its end stay")
    if len(way.leave_out) == 1:
        return say("Leave out the oldest turn"), frees
    return say("Leave out the {count} oldest turns", count=len(way.leave_out)), frees


def _button(act: str, value: str, does: str, gives: str) -> str:
    detail = f" <small>{escape(gives)}</small>" if gives else ""
    return (
        f'<button type="button" class="ds-act ds-way" name="{act}" value="{escape(value)}">'
        f"{escape(does)}{detail}</button>"
    )
