"""Models that could be loaded → the list of them: what fits first, the family in groups. Pure functions, HTML."""

from collections.abc import Sequence
from html import escape
from itertools import groupby
from typing import Literal

from deepseek_space.sentences import Sentence
from deepseek_space.status import Choice
from deepseek_space.ui.words.amounts import size_text
from deepseek_space.ui.words.language import say

Filter = Literal["fits", "disk", "all"]

FILTERS: dict[Filter, str] = {"fits": "Fits here {count}", "disk": "On this disk {count}", "all": "All {count}"}
VERDICTS = {"fits": "Fits", "offload": "With offload", "no": "Does not fit"}
_NOTES = (
    Sentence("Listed is what chats or fills gaps in code. Any other model is loaded by its name, below."),
    Sentence("“In memory” is with a full context, “Memory in use” what is taken now. 1 GB is 1,000,000,000 bytes."),
)
_ORDER = ("fits", "offload", "no")

# Where there is a real keyboard, one can write at once what to look for.
FOCUS_JS = """() => {
  if (!matchMedia("(hover: hover)").matches) return;
  document.querySelector("#models.open #model-search :is(input, textarea)")?.focus({ preventScroll: true });
}"""
# A keyboard's arrows move through the radio buttons by themselves; ``change`` tells which one it is.
PICK_JS = """
element.addEventListener("change", (event) => {
  if (event.target.name === "ds-choice") trigger("select", { model: event.target.value });
});
"""


def model_list(choices: Sequence[Choice], *, shown: Filter = "all", query: str = "", picked: str = "") -> str:
    """Return the list of those that ``shown`` and every word of ``query`` let through; ``picked`` is a name."""
    left = [choice for choice in choices if _is_shown(choice, shown) and _matches(choice, query)]
    if not left:
        nothing = say("No model here. Show all of them, or change the words to look for.")
        return f'<p class="ds-none">{escape(nothing)}</p>'
    sections = [_section(group, list(members), picked) for group, members in groupby(_sorted(left), _group)]
    told = "".join(f"<p>{escape(say(note))}</p>" for note in _NOTES)
    listed = f'<div class="ds-choices" role="radiogroup" aria-label="{say("Models")}">{"".join(sections)}</div>'
    return f'{listed}<div class="ds-list-notes">{told}</div>'


def counts(choices: Sequence[Choice], query: str = "") -> list[tuple[str, str]]:
    """Return the filters as (label, value), with how many each lets through of those that are looked for."""
    found = [choice for choice in choices if _matches(choice, query)]
    return [(say(FILTERS[key], count=sum(_is_shown(choice, key) for choice in found)), key) for key in FILTERS]


def _is_shown(choice: Choice, shown: Filter) -> bool:
    return shown == "all" or (choice.is_on_disk if shown == "disk" else choice.verdict != "no")


def _matches(choice: Choice, query: str) -> bool:
    told = f"{choice.group} {choice.strengths} {say(choice.group)} {say(choice.strengths)}"
    text = f"{choice.title} {choice.name} {told} {choice.licence}".lower()
    return all(word in text for word in query.lower().split())


def _group(choice: Choice) -> str:
    return choice.group


def _sorted(choices: Sequence[Choice]) -> list[Choice]:
    """Groups with something that fits come first, and what fits in each; otherwise in the order given."""
    groups = list(dict.fromkeys(map(_group, choices)))
    best = {group: min(_rank(choice) for choice in choices if choice.group == group) for group in groups}
    return sorted(
        choices,
        key=lambda choice: (
            best[choice.group],
            groups.index(choice.group),
            _rank(choice),
        ),
    )


def _rank(choice: Choice) -> int:
    return _ORDER.index(choice.verdict)


def _section(group: str, members: Sequence[Choice], picked: str) -> str:
    cards = "".join(_card(choice, choice.name == picked) for choice in members)
    name = escape(say(group))
    return f'<section aria-label="{name}"><h3>{name}</h3>{cards}</section>'


def _card(choice: Choice, is_picked: bool) -> str:
    checked = " checked" if is_picked else ""
    sizes = " ".join(f"<span>{escape(size)}</span>" for size in _sizes(choice))
    reason = f'<span class="ds-reason">{escape(say(choice.reason))}</span>' if choice.reason else ""
    return (
        f'<label class="ds-choice" data-verdict="{choice.verdict}">'
        f'<input type="radio" name="ds-choice" value="{escape(choice.name)}"{checked}>'
        f'<span class="ds-title">{escape(choice.title)}</span>'
        f'<span class="ds-precision">{escape(choice.precision)}</span>'
        f'<span class="ds-chip ds-verdict">{say(VERDICTS[choice.verdict])}</span>'
        f'<span class="ds-sizes">{sizes}</span>'
        f'<span class="ds-strengths">{escape(say(choice.strengths))}</span>{reason}</label>'
    )


def _sizes(choice: Choice) -> list[str]:
    size = say("{size} to fetch", size=size_text(choice.disk_bytes)) if choice.disk_bytes else say("size not published")
    memory = say("{size} in memory", size=size_text(choice.memory_bytes))
    return [say("On this disk") if choice.is_on_disk else size, memory, choice.licence]
