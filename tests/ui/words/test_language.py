"""A sentence is said in the reader's language with the values that it was made of, whatever they are."""

import pickle

import gradio as gr
import pytest
from gradio.context import LocalContext
from starlette.requests import Request

from deepseek_space.chat.parameters.share import Shared, to_fragment
from deepseek_space.errors import SpaceError
from deepseek_space.models.catalog import find
from deepseek_space.sentences import Sentence, from_json, joined, to_json
from deepseek_space.text.bounds import check_length
from deepseek_space.types import Sampling
from deepseek_space.ui.words.language import COOKIE, MOST_UNHEARD, language, language_of, say, say_again, say_in

BUSY = "{count} requests are waiting already. Try again in a moment."


def request(accepts="", chosen=""):
    headers = {"accept-language": accepts, "cookie": f"{COOKIE}={chosen}"}
    return Request({"type": "http", "headers": [(name.encode(), text.encode()) for name, text in headers.items()]})


@pytest.fixture
def chinese():
    token = LocalContext.request.set(gr.Request(request("zh-CN")))
    yield
    LocalContext.request.reset(token)


@pytest.mark.parametrize(
    ("accepts", "chosen", "expected"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "", "zh-CN"),
        ("zh-TW", "", "zh-CN"),
        ("en-GB,zh;q=0.5", "", "en"),
        ("fr-FR,fr;q=0.9,zh;q=0.5,en;q=0.3", "", "zh-CN"),
        ("fr", "", "en"),
        ("zhuang", "", "en"),
        ("", "", "en"),
        ("zh-CN", "en", "en"),
        ("en", "zh-CN", "zh-CN"),
        ("zh-CN", "tlh", "zh-CN"),
    ],
)
def test_the_language_is_the_chosen_one_else_the_first_that_the_browser_asks_for(accepts, chosen, expected):
    assert language_of(request(accepts, chosen)) == expected


def test_outside_of_an_event_the_language_is_english():
    assert (language(), say("Thoughts")) == ("en", "Thoughts")


def test_a_sentence_is_said_in_the_language_of_the_event(chinese):
    assert language() == "zh-CN"
    assert say("Waiting: position {position}", position="3") == "排队中：第 3 位"


def test_a_sentence_from_below_is_said_with_its_values(chinese):
    assert say(Sentence(BUSY, count=4)) == "已有 4 个请求在等待，请稍后再试。"
    assert say("Nobody has translated this.") == "Nobody has translated this."
    assert say("") == ""


def test_a_sentence_from_below_stays_as_it_is_in_english():
    assert say(Sentence("Starting")) == "Starting"
    assert say(Sentence(BUSY, count=4)) == "4 requests are waiting already. Try again in a moment."


def test_of_several_sentences_each_is_said_by_itself(chinese):
    told = joined(
        Sentence("{name} at {precision} does not fit here.", name="DeepSeek R1", precision="int8"),
        Sentence("int8 on a CPU needs AVX2, which this one lacks; use nf4 or bf16."),
        "",
        "Nobody has translated this.",
        Sentence("Nothing in the catalogue fits: free some memory."),
    )
    assert told == (
        "DeepSeek R1 at int8 does not fit here. int8 on a CPU needs AVX2, which this one lacks; use nf4 or bf16. "
        "Nobody has translated this. Nothing in the catalogue fits: free some memory."
    )
    assert say(told) == (
        "DeepSeek R1（int8）在这里放不下。CPU 上的 int8 需要 AVX2，而这颗 CPU 没有；请用 nf4 或 bf16。"
        "Nobody has translated this. 目录中没有放得下的模型：请腾出一些内存。"
    )


def test_nothing_joined_is_nothing():
    assert joined() == joined("", "") == ""


@pytest.mark.parametrize("name", ["{count}", "{0.__class__}", "a{b", "50 % {", "Is {name} it. And that", "is a Space"])
def test_a_value_may_be_any_text(chinese, name):
    assert say(Sentence("{name} is empty.", name=name)) == f"{name} 是空的。"
    assert say(name) == name


def test_a_value_may_be_as_long_as_it_likes(chinese):
    endless = "x is x; it must be x" + " from x to x" * 100_000
    assert say(Sentence("{name} is empty.", name=endless)) == f"{endless} 是空的。"
    assert say(endless) == endless


def test_a_sentence_within_a_sentence_is_said_too_and_a_word_that_only_looks_like_one_is_not(chinese):
    told = Sentence("{repo_id} is {word}, not a model. Choose a model.", repo_id="a/b", word=Sentence("a data set"))
    assert say(told) == "a/b 是数据集，不是模型，请选择模型。"
    assert say(Sentence("{name} is empty.", name="a data set")) == "a data set 是空的。"


def test_an_error_among_the_values_is_its_sentence(chinese):
    failed = SpaceError("{model} could not be loaded: {error}", model="R1", error=SpaceError(BUSY, count=2))
    assert str(failed) == "R1 could not be loaded: 2 requests are waiting already. Try again in a moment."
    assert say(failed.sentence) == "R1 无法加载：已有 2 个请求在等待，请稍后再试。"
    assert say(SpaceError("{model} could not be loaded: {error}", model="R1", error=OSError("no")).sentence) == (
        "R1 无法加载：no"
    )


def test_a_sentence_goes_to_another_process_and_back(chinese):
    told = joined(Sentence(BUSY, count=1_000), Sentence("{name} is empty.", name=Sentence("The message")))
    assert say(from_json(to_json(told))) == say(pickle.loads(pickle.dumps(told))) == say(told)
    assert say(told) == "已有 1000 个请求在等待，请稍后再试。消息 是空的。"


def test_what_no_catalogue_knows_is_not_filled_in():
    """A record from a browser may hold anything."""
    for template in ("{a.__class__}", "{a:>99999999999}", "{b}", "{"):
        assert say_in(Sentence.remade("as it was", template, {"a": 1}), "zh-CN") == "as it was"


def test_values_that_belong_to_no_sentence_leave_its_text():
    for values in ({}, {"count": "many", "limit": "more"}, {"count": 1}):
        told = Sentence.remade("as it was", "The message has {count:,} characters; a link can carry {limit:,}.", values)
        assert say_in(told, "zh-CN") in ("as it was", "消息有 {count:,} 个字符，链接最多能带 {limit:,} 个。")
    assert say_in(Sentence.remade("as it was", "{first} {then}", {"first": ""}), "zh-CN") == "as it was"


def test_what_was_said_before_there_was_a_reader_is_said_again_in_another_language():
    said = say(Sentence("Asking {host} for its models", host="early.example"))
    assert say_again(said, "zh-CN") == "正在向 early.example 查询其模型"
    assert say_again("Send", "zh-CN") == "发送"
    assert say_again("Nobody has translated this.", "zh-CN") == "Nobody has translated this."


def test_what_is_said_again_is_not_forgotten_for_all_that_is_said_later():
    said = say(Sentence("Asking {host} for its models", host="first.example"))
    for number in range(MOST_UNHEARD + 1):
        say(Sentence("Asking {host} for its models", host=number))
        assert say_again(said, "zh-CN").startswith("正在")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (lambda: Sampling(temperature=9), "温度为 9，应为 0 到 2 之间的数值。"),
        (lambda: to_fragment(Shared(prompt="a" * 16_001)), "消息有 16,001 个字符，链接最多能带 16,000 个。"),
        (lambda: find("r1-distill-qwen-8b"), "没有名为 'r1-distill-qwen-8b' 的模型。相近的名称："),
        (lambda: check_length("The task", "a" * 400_001), "任务长 400,001 个字符，最多可发送 400,000 个。请缩短。"),
        (lambda: check_length("The message", "a" * 500_000), "消息长 500,000 个字符，最多可发送 400,000 个。请缩短。"),
    ],
)
def test_a_refusal_is_told_in_the_language_of_the_reader(chinese, error, expected):
    with pytest.raises(SpaceError) as refused:
        error()
    assert say(refused.value.sentence).startswith(expected)
