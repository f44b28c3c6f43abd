"""The page leaves the server in the reader's language, and nothing else is changed in it."""

import json
import re

import httpx
import pytest

from deepseek_space.ui.words.catalogue import translations
from deepseek_space.ui.words.page_language import localized, map_texts

CHINESE = translations("zh-CN")


def sent(url, accepts):
    return httpx.get(url, headers={"accept-language": accepts}).text


def config(page):
    return json.loads(re.search(r"window\.gradio_config = (.*?);</script>", page, re.DOTALL)[1])


def labels(page):
    return {part["props"].get("elem_id"): part["props"] for part in config(page)["components"]}


def test_a_reader_of_chinese_gets_chinese_labels(url):
    page = sent(url, "zh-CN,zh;q=0.9")
    assert 'lang="zh-CN"' in page
    assert labels(page)["chat-send"]["value"] == CHINESE["Send"]
    assert labels(page)["chat-input"]["placeholder"] == CHINESE["Write a message"]
    assert f">{CHINESE['Parameters']}<" in json.dumps(config(page), ensure_ascii=False)


def test_everybody_else_gets_english(url):
    page = sent(url, "de")
    assert 'lang="en"' in page
    assert labels(page)["chat-send"]["value"] == "Send"


def test_only_texts_differ(url):
    here, there = config(sent(url, "en")), config(sent(url, "zh"))
    for page in (here, there):
        map_texts(page, lambda text: "")
    assert here == there


def test_data_is_no_text():
    page = {
        "components": [
            {"type": "dropdown", "props": {"choices": [["Code", "Code"], ["Automatic", "auto"]], "value": "Send"}},
            {"type": "textbox", "props": {"value": "Send", "label": "Send"}},
        ]
    }
    map_texts(page, str.upper)
    choice, box = (part["props"] for part in page["components"])
    assert choice == {"choices": [["Code", "Code"], ["AUTOMATIC", "auto"]], "value": "Send"}
    assert box == {"value": "Send", "label": "SEND"}


@pytest.mark.parametrize("tail", ["</script><script>alert(1)", "&amp;'quoted'"])
def test_what_stands_in_the_page_cannot_end_its_script(tail):
    text = json.dumps({"components": [{"type": "button", "props": {"value": tail}}]}).replace("<", "\\u003c")
    page = localized(f"<script>window.gradio_config = {text};</script>".encode(), "zh-CN").decode()
    assert page.count("</script>") == 1
    assert config(page)["components"][0]["props"]["value"] == tail
