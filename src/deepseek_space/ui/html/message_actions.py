"""The buttons under a question and under a reply, as HTML for a message of its own. Knows what they are called in
``page_events``, not what they do.

Icons are drawn by the stylesheet, by the button's name: the sanitiser of messages lets no ``viewBox`` through.
"""

from html import escape

from deepseek_space.chat.turns.turn import Turn
from deepseek_space.chat.turns.turn_tree import Place
from deepseek_space.ui.words.language import say


def question_actions(place: Place) -> str:
    """Return what can be done with a question, and the way to its other versions where it was edited."""
    turn = place.turn
    return _row(
        "" if place.is_question_kept else _versions(place),
        _icon("copy_question", turn, say("Copy this message")),
        _icon("share", turn, say("Copy a link to this message, its parameters and system prompt; to nothing else")),
        _icon("edit", turn, say("Edit and send again; this version is kept")),
        _icon("delete", turn, say("Delete this message and all that follows"), said=say("Delete")),
        stays=place.versions > 1 and not place.is_question_kept,
    )


def reply_actions(place: Place, figures: str, *, is_last: bool, can_choose_thinking: bool) -> str:
    """Return what can be done with a reply that is not being written, with its figures beside."""
    turn = place.turn
    parts = [
        _versions(place),
        "" if turn.is_blank else _icon("copy", turn, say("Copy the answer")),
        _icon("retry", turn, say("Retry, with the parameters as they are now; this version is kept")),
        _other_mode(turn) if can_choose_thinking else "",
        "" if turn.is_blank else _rating("up", turn, say("Good answer")) + _rating("down", turn, say("Bad answer")),
        figures,
    ]
    return _row(*parts, stays=is_last or place.versions > 1)


def going_on(turn: Turn, *, can_continue: bool = True, can_end_thoughts: bool = True) -> str:
    """Return the ways to go on from a reply that was cut off; "" for one that was not, or where there is none."""
    if not (turn.is_cut_off and can_continue and (turn.answer or can_end_thoughts)):
        return ""
    buttons = [_pill("go_on", turn, say("Continue"), is_main=True)]
    if turn.stopped_thinking:
        buttons.append(_pill("answer_now", turn, say("Answer now")))
    return f'<div class="ds-going-on">{"".join(buttons)}</div>'


def open_files(turn: Turn, count: int) -> str:
    """Return the way to the files of an answer that is not about files already; "" where one click opens the only."""
    if turn.settings.style or count < 2:
        return ""
    button = _pill("answer_open", turn, say("Open its {count} files", count=count))
    return f'<div class="ds-going-on">{button}</div>'


def answer_now(turn: Turn) -> str:
    """Return the button that ends the thoughts that are coming in."""
    return f'<div class="ds-going-on is-thinking">{_pill("answer_now", turn, say("Answer now"))}</div>'


def left_out(turn: Turn) -> str:
    """Return the lines at what of a turn the model goes on without, and the buttons that have it read again."""
    files = [_left_out_file(turn, position) for position, file in enumerate(turn.files) if file.is_left_out]
    return "".join([*files, _left_out_turn(turn) if turn.is_left_out else ""])


def _left_out_file(turn: Turn, position: int) -> str:
    text = say("Left out of the context: {name}.", name=turn.files[position].name)
    button = _pill("take_in_file", turn, say("Take it in again"), place=f":{position}")
    return f'<div class="ds-note ds-left-out">{escape(text)} {button}</div>'


def _left_out_turn(turn: Turn) -> str:
    text = say("Left out of the context: the model goes on without this turn.")
    if any(not file.is_left_out for file in turn.files):
        text = say("Left out of the context: the model goes on with the documents of this turn alone.")
    return f'<div class="ds-note ds-left-out">{escape(text)} {_pill("take_in", turn, say("Take it in again"))}</div>'


def show_earlier(count: int) -> str:
    """Return the button that brings back what a long conversation leaves out."""
    text = escape(say("Show {count} earlier messages", count=count))
    return f'<div class="ds-earlier"><button class="ds-act ds-pill" name="earlier" value="">{text}</button></div>'


def _row(*parts: str, stays: bool) -> str:
    return f'<div class="ds-acts{" is-staying" if stays else ""}">{"".join(parts)}</div>'


def _icon(name: str, turn: Turn, title: str, *, said: str = "", is_on: bool = False) -> str:
    return (
        f'<button class="ds-act ds-icon{" is-on" if is_on else ""}" name="{name}" value="{escape(turn.id)}" '
        f'title="{escape(title)}"><span class="ds-unseen">{escape(said or title)}</span></button>'
    )


def _pill(name: str, turn: Turn, text: str, *, place: str = "", is_main: bool = False) -> str:
    look = "ds-act ds-pill is-main" if is_main else "ds-act ds-pill"
    return f'<button class="{look}" name="{name}" value="{escape(turn.id)}{place}">{escape(text)}</button>'


def _rating(name: str, turn: Turn, title: str) -> str:
    is_on = turn.rating == name
    return _icon(name, turn, say("{rating} (chosen)", rating=title) if is_on else title, is_on=is_on)


def _other_mode(turn: Turn) -> str:
    # Where the mode was left to the model, what came says which it was.
    did_think = turn.settings.thinking if turn.settings.thinking is not None else bool(turn.reasoning)
    if did_think:
        return _icon("retry_plain", turn, say("Retry without thinking"))
    return _icon("retry_thinking", turn, say("Retry with thinking"))


def _versions(place: Place) -> str:
    if place.versions == 1:
        return ""
    turn = place.turn
    at = say("Version {version} of {versions}", version=place.version, versions=place.versions)
    return (
        '<span class="ds-versions">'
        + _icon("previous", turn, say("Previous version"))
        + f'<span title="{escape(at)}">{place.version} / {place.versions}</span>'
        + _icon("next", turn, say("Next version"))
        + "</span>"
    )
