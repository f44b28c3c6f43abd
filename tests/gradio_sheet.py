"""The selectors of ``assets/gradio.css``, one by one, for looking whether something of each is on a page."""

import re
from itertools import product

from deepseek_space.ui.assets import ASSETS

# What comes and goes too fast, or is on no page of the scripted backend.
ELSEWHERE = {
    '.gradio-container:not(:has(#models-open)) .toast-body [name="open_models"]': "where no model can be chosen",
    ".toast-body .ds-act": "a refusal that offers something",
    ".toast-separator": "two notices of a kind",
    "#compare-stop": "while two answers are written",
    ".thought-group .content:not(:has(.md > *))": "a model that is loading",
}
# States of an element, and parts of it that are no elements.
PASSING = re.compile(r"::?(before|after|hover|focus-visible|focus-within|focus|-(webkit|moz)-[\w-]+)(?![\w-])")
MISSING = "selectors => selectors.filter((one) => !document.querySelector(one))"


def selectors():
    """Return the selectors of the sheet but those ELSEWHERE, each by itself, without the states of an element."""
    source = re.sub(r"/\*.*?\*/", "", (ASSETS / "gradio.css").read_text(encoding="utf-8"), flags=re.DOTALL)
    lists = [found.strip() for found in re.findall(r"([^{};]+)\{", source) if not found.strip().startswith("@")]
    alone = {one for each in lists for part in split(each) for one in expanded(part)}
    return {re.sub(r":(is|not)\([\s,]*\)", "", PASSING.sub("", one)) for one in alone} - set(ELSEWHERE)


def missing(page, wanted):
    """Return those of ``wanted`` by which nothing is found."""
    return set(page.evaluate(MISSING, sorted(wanted)))


def split(selectors):
    """Return what stands between the commas that are in no brackets."""
    parts = re.split(r",(?=(?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*$)", selectors)
    return [re.sub(r"\s+", " ", part).strip() for part in parts]


def expanded(selector):
    """Return every selector that one with :is() stands for; of words of code and of what is within, any does."""
    if selector.startswith(".token"):
        return [selector]
    parts = re.split(r"(?<!:has\():is\(([^()]*)\)", selector)
    ways = [split(part) if at % 2 else [part] for at, part in enumerate(parts)]
    return ["".join(pick) for pick in product(*ways)]
