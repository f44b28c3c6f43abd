"""A file's name in an answer: behind a fence, on a line above it, or in a comment on the first line.

Models decorate names (``**a.py**``, ``### File: `a.py` ``) and add words (``a.py (new file)``); a sentence that merely
mentions one names nothing.
"""

import re

_WITHOUT_ENDING = {
    "dockerfile", "makefile", "license", "procfile", "jenkinsfile", "gemfile", "rakefile", "readme", "changelog",
    ".gitignore", ".dockerignore", ".env", ".editorconfig",
}  # fmt: skip
_PATH = re.compile(r"(?=.{1,200}$)(?:[\w.@+\-\[\]()]+/)*[\w@+\-\[\]][\w.@+\-\[\]]*\.[A-Za-z][\w]{0,9}")
_ADDED = re.compile(r"\s*\((?:new|updated?|modified|changed|edited|full|complete|existing)?\s*(?:file)?\)\s*:?$", re.I)
_LEADING = re.compile(r"^(?:\d+[.)]\s+|[-+*]\s+|#+\s*|>\s*)+")
_WORDS = re.compile(r"^(?:file ?name|file ?path|file|path|create|update|edit|new file)\s*:?\s+", re.I)
_ATTRIBUTE = re.compile(r"""\b(?:title|file|filename|path|name)\s*=\s*["']?([^"'\s}]+)""", re.I)
_COMMENTS = (
    re.compile(r"^(?:#|//|--|;|%)+\s*(?P<path>\S+)$"),
    re.compile(r"^<!--\s*(?P<path>\S+)\s*-->$"),
    re.compile(r"^/\*+\s*(?P<path>\S+)\s*\*+/$"),
)
_COMMENT_WORDS = re.compile(r"(?<=[#/\-;%*! ])\s*(?:file ?name|file ?path|file|path)\s*:\s*", re.I)


def is_path(text: str) -> bool:
    """Whether ``text`` can be nothing but the name of a file."""
    if text.lower() in _WITHOUT_ENDING or text.rpartition("/")[2].lower() in _WITHOUT_ENDING:
        return not text.startswith("/")
    return bool(_PATH.fullmatch(text))


def name_in_line(line: str) -> str:
    """Return the name that a line consists of, freed of what Markdown and models put around it; "" if it is none."""
    text = _LEADING.sub("", line.strip())
    text = _ADDED.sub("", text).strip().rstrip(":").strip()
    text = _WORDS.sub("", text.strip("*_` "))
    text = _ADDED.sub("", text).strip("*_`:\"' ")
    return text.removeprefix("./") if is_path(text.removeprefix("./")) else ""


def name_in_info(info: str) -> str:
    """Return the name behind a fence: ``python a.py``, ``python:a.py``, ``a.py``, ``js title="a.js"``; "" for none."""
    if found := _ATTRIBUTE.search(info):
        return name_in_line(found[1])
    for word in info.replace("{", " ").replace("}", " ").split():
        for part in (word, word.partition(":")[2]):
            if name := name_in_line(part):
                return name
    return ""


def name_in_comment(line: str) -> str:
    """Return the name that a file's first line consists of, as a comment; "" for none."""
    text = _COMMENT_WORDS.sub("", line.strip())
    for comment in _COMMENTS:
        if found := comment.match(text):
            return name_in_line(found["path"])
    return ""


def language_in_info(info: str) -> str:
    """Return the language behind a fence, in small letters; "" where there is a name alone or nothing."""
    word = info.strip().split(maxsplit=1)[0] if info.strip() else ""
    word = word.strip("{}").partition(":")[0].lower()
    return "" if is_path(word) else word
