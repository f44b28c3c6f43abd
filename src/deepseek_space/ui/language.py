"""The language of the reader whose event is being served, and the app's sentences in it. Knows no page.

English is the source: every sentence stands where it is shown, as ``say("… {name} …", name=value)``, and its
translation in ``CHINESE`` under the English one.
"""

CHINESE: dict[str, str] = {}


def language() -> str:
    """Return "en" or "zh-CN" for the event that is being served; "en" outside of one."""
    return "en"


def say(sentence: str, **values: object) -> str:
    """Return ``sentence`` in the reader's language, with ``values`` in the places named in it."""
    text = CHINESE.get(sentence, sentence) if language() == "zh-CN" else sentence
    return text.format(**values) if values else text
