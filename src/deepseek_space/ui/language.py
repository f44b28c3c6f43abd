"""The language of the reader whose event is being served, and the app's sentences in it. Knows no page.

English is the source: every sentence stands where it is shown, as ``say("… {name} …", name=value)``, and its
translation in ``chinese.py`` under the English one. Labels given to components stand there as they are;
``page_language.py`` puts them into the reader's language.
"""

import re
from functools import cache, lru_cache
from string import Formatter

import gradio as gr
from gradio.context import LocalContext
from starlette.requests import HTTPConnection

from deepseek_space.ui.chinese import CHINESE
from deepseek_space.ui.chinese_below import CHINESE_BELOW

COOKIE = "ds-language"  # set by assets/page/language.js
LANGUAGES = {"en": "English", "zh-CN": "简体中文"}
MOST_TOLD = 1000  # characters; no sentence of ours is longer, and what a file brings would be searched for minutes
_BREAK = r"(?<=[.?]) (?=\w)"  # between two sentences


def language() -> str:
    """Return "en" or "zh-CN" for the event that is being served; "en" outside of one, as in a thread of our own."""
    request = LocalContext.request.get(None)
    return language_of(request) if request else "en"


def language_of(request: HTTPConnection | gr.Request) -> str:
    """Return the language chosen on the page, else the first of ours that the browser asks for."""
    chosen = request.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return chosen
    wanted = re.search(r"(?:^|,)\s*(en|zh)\b", request.headers.get("accept-language", "").lower())
    return "zh-CN" if wanted and wanted[1] == "zh" else "en"


def say(sentence: str, **values: object) -> str:
    """Return ``sentence`` in the reader's language, with ``values`` in the places named in it."""
    text = translate(sentence, language())
    return text.format(**values) if values else text


def retell(sentence: str) -> str:
    """Return a sentence that came from below, values and all, in the reader's language; as it is if it is not known.

    What raises an error or notes a fact knows no reader: its sentence is recognised by what stands around the values.
    Of several sentences each may be told by itself.
    """
    return sentence if language() == "en" or len(sentence) > MOST_TOLD else _in_chinese(sentence)


def translate(sentence: str, language: str) -> str:
    """Return ``sentence`` in ``language``; as it is where there is no translation."""
    return CHINESE.get(sentence, sentence) if language == "zh-CN" else sentence


@lru_cache(maxsize=1024)  # a list of models is told again at each letter that is looked for
def _in_chinese(sentence: str) -> str:
    if sentence in CHINESE_BELOW:
        return CHINESE_BELOW[sentence]
    for pattern, chinese in _patterns():
        if found := pattern.fullmatch(sentence):
            return chinese.format(**{name: _in_chinese(value) for name, value in found.groupdict().items()})
    pieces = re.split(_BREAK, sentence)
    if len(pieces) == 1:
        return translate(sentence, "zh-CN")
    told = [_in_chinese(piece) for piece in pieces]
    return "".join(text if text.endswith(("。", "？")) else f"{text} " for text in told).rstrip()


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Return the templates as patterns, those with the most text around their values first."""
    templates = sorted(filter(lambda english: "{" in english, CHINESE_BELOW), key=_fixed_length, reverse=True)
    return [(_pattern(english), CHINESE_BELOW[english]) for english in templates]


def _fixed_length(template: str) -> int:
    return sum(len(text) for text, _, _, _ in Formatter().parse(template))


def _pattern(template: str) -> re.Pattern[str]:
    # No value reaches from one sentence into the next.
    value = f"(?:(?!{_BREAK}).)+?"
    parts = Formatter().parse(template)
    source = "".join(re.escape(text) + (f"(?P<{name}>{value})" if name else "") for text, name, _, _ in parts)
    return re.compile(source, re.DOTALL)
