"""The language of the reader whose event is being served, and the app's sentences in it. Knows no page.

English is the source: every sentence stands where it is shown, as ``say("… {name} …", name=value)``, and its
translation in ``chinese.py`` under the English one. Labels given to components stand there as they are;
``page_language.py`` puts them into the reader's language.
"""

import re
from functools import cache, lru_cache

import gradio as gr
from gradio.context import LocalContext
from starlette.requests import HTTPConnection

from deepseek_space.sentences import Sentence
from deepseek_space.ui.words.chinese import CHINESE
from deepseek_space.ui.words.chinese_below import CHINESE_BELOW
from deepseek_space.ui.words.sentence_template import BREAK, SentenceTemplate

COOKIE = "ds-language"  # set by assets/page/language.js
LANGUAGES = {"en": "English", "zh-CN": "简体中文"}
MOST_TOLD = 1000  # characters; no sentence of ours is longer


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
    given = sentence if isinstance(sentence, Sentence) and not values else Sentence(sentence, **values)
    return say_in(given, language())


def say_in(sentence: Sentence, language: str) -> str:
    """Return ``sentence`` in ``language``, sentences among its values too; in English where it is not translated."""
    text = translate(sentence.template, language)
    values = {
        name: say_in(value, language) if isinstance(value, Sentence) else value
        for name, value in sentence.values.items()
    }
    return text.format(**values) if values else text


def retell(sentence: str) -> str:
    """Return a sentence that came from below, values and all, in the reader's language; as it is if it is not known.

    What raises an error or notes a fact knows no reader: its sentence is recognised by what stands around the values.
    Of several sentences each may be told by itself.
    """
    return retell_in(sentence, language())


def retell_in(sentence: str, language: str) -> str:
    """Return the same in ``language``."""
    if isinstance(sentence, Sentence) and (sentence.values or language == "en"):
        return say_in(sentence, language)
    return sentence if language == "en" or len(sentence) > MOST_TOLD else _in_chinese(sentence)


def translate(sentence: str, language: str) -> str:
    """Return ``sentence`` in ``language``; as it is where there is no translation."""
    if language != "zh-CN":
        return sentence
    return CHINESE.get(sentence) or CHINESE_BELOW.get(sentence, sentence)


@lru_cache(maxsize=1024)  # a list of models is told again at each letter that is looked for
def _in_chinese(sentence: str) -> str:
    if sentence in CHINESE_BELOW:
        return CHINESE_BELOW[sentence]
    for template, chinese in _templates():
        if values := template.values(sentence):
            return chinese.format(**{name: _in_chinese(value) for name, value in values.items()})
    pieces = BREAK.split(sentence)
    if len(pieces) == 1:
        return translate(sentence, "zh-CN")
    told = [_in_chinese(piece) for piece in pieces]
    return "".join(text if text.endswith(("。", "？")) else f"{text} " for text in told).rstrip()


@cache
def _templates() -> list[tuple[SentenceTemplate, str]]:
    """Return the templates with their Chinese, those with the most text around their values first."""
    templates = [(SentenceTemplate(english), chinese) for english, chinese in CHINESE_BELOW.items() if "{" in english]
    return sorted(templates, key=lambda pair: pair[0].fixed_length, reverse=True)
