"""Text in any encoding is read right or refused, and a guess is said to be one."""

import codecs
import os
import random

import pytest

from deepseek_space.text.documents.document import Limits
from deepseek_space.text.documents.reading import read_document

CHINESE = "# 说明\n\n混合专家模型只激活一部分参数，因此每个词元的计算量较小。\n"


@pytest.mark.parametrize("name", ["a.txt", "README.md", "main.py", "table.csv", "Makefile", "data.unknown"])
def test_text_is_taken_as_it_is_whatever_its_name(text_of, name):
    text = "name,age\n\tÄda,36\n  <｜User｜> 😀\n"
    assert text_of(name, text.encode()) == text


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
    ],
)
def test_a_byte_order_mark_tells_the_encoding(text_of, mark, encoding):
    assert text_of("a.txt", mark + CHINESE.encode(encoding)) == CHINESE


@pytest.mark.parametrize(
    ("encoding", "shown", "text"),
    [
        ("gb18030", "GB18030", CHINESE),
        ("gb18030", "GB18030", "姓名,年龄\n张三,25\n李四,30\n"),
        ("gb18030", "GB18030", "def f():\n    return 1  # 返回一\n"),
        ("big5", "Big5", "今天天氣很好，我們去公園散步吧。這是一個說明文件。"),
        ("shift_jis", "Shift JIS", "今日は天気がいいので、公園を散歩しましょう。"),
        ("euc_kr", "EUC-KR", "오늘은 날씨가 좋아서 공원에 갑시다. 설명 문서입니다."),
        ("cp1252", "Windows-1252", "Über die Größe der Straße, schöne Grüße"),
        ("cp1252", "Windows-1252", "café\n"),
        ("cp1251", "Windows-1251", "Сегодня хорошая погода, пойдём гулять в парк."),
    ],
)
def test_an_older_encoding_is_found_out_and_named(encoding, shown, text):
    reading = read_document("a.txt", text.encode(encoding), Limits())
    assert [document.text for document in reading.documents] == [text]
    assert str(reading.notes[0]) == (
        f"a.txt is not in UTF-8; it was read as {shown}. If it looks wrong, save it as UTF-8."
    )


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        random.Random(7).randbytes(4096),
        bytes(range(1, 32)) * 20,
        codecs.BOM_UTF16_LE + b"a\x00b",
    ],
    ids=["picture", "noise", "control characters", "half a character"],
)
def test_what_is_no_text_is_refused_by_name_with_what_is_accepted(refusal_of, data):
    sentence = refusal_of("photo.bin", data)
    assert sentence.startswith("photo.bin is not text")
    assert "PDF, Word (.docx), Jupyter notebooks" in sentence


def test_line_breaks_become_plain_ones_and_no_text_breaks_a_tokenizer(text_of):
    assert text_of("a.txt", b"one\r\ntwo\rthree") == "one\ntwo\nthree"
    lone_surrogate = codecs.BOM_UTF16_LE + "a".encode("utf-16-le")
    assert text_of("b.txt", lone_surrogate) == "a"


def test_colours_of_a_terminal_are_text(text_of):
    log = f"\x1b[32mok\x1b[0m{os.linesep}"
    assert text_of("run.log", log.encode()).startswith("\x1b[32mok")
