"""The language of the reader whose event is being served, and the app's sentences in it. Knows no page.

English is the source: every sentence stands where it is made, with names in braces for its values, and its translations
in the catalogues under the English one. Labels given to components stand there as they are; ``page_language.py`` puts
them into the reader's language.
"""

import re
from collections import OrderedDict
from unicodedata import east_asian_width

import gradio as gr
from gradio.context import LocalContext
from starlette.requests import HTTPConnection

from deepseek_space.sentences import AFTER_EACH_OTHER, Sentence
from deepseek_space.ui.words.catalogue import languages, translations

COOKIE = "ds-language"  # set by assets/page/language.js
MOST_UNHEARD = 300
_TAG = re.compile(r"(?:^|,)\s*([a-z]{2,3})(?![a-z])(-[a-z0-9-]+)?")

# What was said without a reader, as on the page when it is built, by its English text; what is asked for stays longest.
_unheard: OrderedDict[str, Sentence] = OrderedDict()


def language() -> str:
    """Return the language of the event that is being served; "en" outside of one, as in a thread of our own."""
    request = LocalContext.request.get(None)
    return language_of(request) if request else "en"


def language_of(request: HTTPConnection | gr.Request) -> str:
    """Return the language chosen on the page, else the first of ours that the browser asks for."""
    chosen = request.cookies.get(COOKIE)
    if chosen in languages():
        return chosen
    ours = {code.lower(): code for code in languages()}
    near = {code.partition("-")[0]: code for code in reversed(languages())}
    for primary, rest in _TAG.findall(request.headers.get("accept-language", "").lower()):
        if found := ours.get(f"{primary}{rest}") or near.get(primary):
            return found
    return "en"


def say(sentence: str, /, **values: object) -> str:
    """Return ``sentence`` in the reader's language, with ``values`` in the places named in it."""
    given = sentence if isinstance(sentence, Sentence) and not values else Sentence(sentence, **values)
    if given.values and LocalContext.request.get(None) is None:
        _keep(given)
    return say_in(given, language())


def say_in(sentence: Sentence, language: str) -> str:
    """Return ``sentence`` in ``language``, sentences among its values too; in English where it is not translated.

    A template that no catalogue has is not filled in: it may be anybody's, as that of a chat from a browser.
    """
    if language == "en":
        return str(sentence)
    try:
        return _said(sentence, language)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):  # values that belong to no template
        return str(sentence)


def say_again(text: str, language: str) -> str:
    """Return in ``language`` what was said in English before there was a reader; as it is if it was not said here."""
    given = _unheard.get(text)
    if given is None:
        return say_in(Sentence(text), language)
    _keep(given)
    return say_in(given, language)


def _keep(given: Sentence) -> None:
    _unheard.pop(str(given), None)
    _unheard[str(given)] = given
    while len(_unheard) > MOST_UNHEARD:
        _unheard.popitem(last=False)


def _said(sentence: Sentence, language: str) -> str:
    values = {
        name: say_in(value, language) if isinstance(value, Sentence) else value
        for name, value in sentence.values.items()
    }
    if sentence.template == AFTER_EACH_OTHER:
        return _after_each_other(values["first"], values["then"])
    text = translations(language).get(sentence.template)
    if text is None:
        return str(sentence)
    return text.format(**values) if values else text


def _after_each_other(first: str, then: str) -> str:
    """Return two sentences as one text; a full stop as wide as a Chinese letter brings its space with it."""
    return f"{first}{then}" if east_asian_width(first[-1]) in "FW" else f"{first} {then}"
