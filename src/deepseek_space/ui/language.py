"""The language of the reader whose event is being served, and the app's sentences in it. Knows no page.

English is the source: every sentence stands where it is shown, as ``say("… {name} …", name=value)``, and its
translation in ``chinese.py`` under the English one. Labels given to components stand there as they are;
``page_language.py`` puts them into the reader's language.
"""

import re
from functools import cache
from string import Formatter

import gradio as gr
from gradio.context import LocalContext
from starlette.requests import HTTPConnection

from deepseek_space.ui.chinese import CHINESE
from deepseek_space.ui.chinese_below import CHINESE_BELOW

COOKIE = "ds-language"  # set by assets/page/language.js
LANGUAGES = {"en": "English", "zh-CN": "简体中文"}


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
    """
    if language() == "en":
        return sentence
    if sentence in CHINESE_BELOW:
        return CHINESE_BELOW[sentence]
    for pattern, chinese in _patterns():
        if found := pattern.fullmatch(sentence):
            return chinese.format(**{name: retell(value) for name, value in found.groupdict().items()})
    return translate(sentence, "zh-CN")


def translate(sentence: str, language: str) -> str:
    """Return ``sentence`` in ``language``; as it is where there is no translation."""
    return CHINESE.get(sentence, sentence) if language == "zh-CN" else sentence


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    return [(_pattern(english), chinese) for english, chinese in CHINESE_BELOW.items() if "{" in english]


def _pattern(template: str) -> re.Pattern[str]:
    parts = Formatter().parse(template)
    source = "".join(re.escape(text) + (f"(?P<{name}>.+?)" if name else "") for text, name, _, _ in parts)
    return re.compile(source, re.DOTALL)
