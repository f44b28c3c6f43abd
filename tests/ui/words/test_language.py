"""Every sentence of the app has a Chinese one with the same places in it, and no translation is left over."""

import ast
import re
from itertools import chain
from pathlib import Path
from string import Formatter

import gradio as gr
import pytest
from gradio.context import LocalContext
from starlette.requests import Request

from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.chat.parameters.share import Shared, to_fragment
from deepseek_space.errors import SpaceError
from deepseek_space.models.catalog import CATALOG, find
from deepseek_space.models.downloads.download import WITHOUT_THE_HUB
from deepseek_space.models.precision import warnings_for
from deepseek_space.settings import read_settings
from deepseek_space.text.bounds import check_length
from deepseek_space.text.documents.document import ACCEPTED
from deepseek_space.types import Sampling
from deepseek_space.ui.app import build_app
from deepseek_space.ui.tabs.code_tab import EXAMPLES
from deepseek_space.ui.words.chinese import CHINESE
from deepseek_space.ui.words.chinese_below import CHINESE_BELOW
from deepseek_space.ui.words.language import COOKIE, language, language_of, retell, say
from deepseek_space.ui.words.page_language import map_texts

SOURCE = Path(__file__).parents[3] / "src" / "deepseek_space"
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(SOURCE.rglob("*.py"))}
DATA = {"DeepSeek Space", "English", "fake", "bf16", "cpu", "80 MB", "EN", "Alt", "Esc", "Enter", "Shift", "Mod"}
CJK = re.compile(r"[\u4e00-\u9fff]")


def literals(node):
    """Return the strings in an expression, or in the constant of its module that it names."""
    return [item.value for item in ast.walk(node) if isinstance(item, ast.Constant) and isinstance(item.value, str)]


def constants(tree):
    assignments = [node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign) and node.value]
    targets = [(node.targets[0] if isinstance(node, ast.Assign) else node.target, node.value) for node in assignments]
    return {target.id: value for target, value in targets if isinstance(target, ast.Name)}


def said(tree):
    """Return what ``say`` is called with: a literal, one of two, or an entry of a table in the same module."""
    named = constants(tree)
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say"):
            continue
        sentence = node.args[0]
        if isinstance(sentence, ast.Subscript) and isinstance(sentence.value, ast.Name):
            table = named.get(sentence.value.id)
            yield from literals(ast.Tuple(table.values)) if isinstance(table, ast.Dict) else ()
        elif isinstance(sentence, ast.Name):
            yield from literals(named[sentence.id]) if sentence.id in named else ()
        elif isinstance(sentence, ast.IfExp):
            yield from chain(literals(sentence.body), literals(sentence.orelse))
        elif isinstance(sentence, ast.Constant):
            yield sentence.value


def shown():
    """Return the texts of the page as it is first sent."""
    texts = []
    page = build_app(ScriptedBackend(), settings=read_settings([], {}))
    map_texts(page.get_config_file(), lambda text: (texts.append(text.strip()), text)[1])
    return [text for text in texts if re.search(r"[A-Za-z]{3}|[A-Z]{2}", text) and not CJK.search(text)]


def places(sentence):
    return sorted(name for _, name, _, _ in Formatter().parse(sentence) if name is not None)


def is_data(text):
    """Whether a text of the first page is a figure or a name, or a sentence with values already in it."""
    patterns = [re.sub(r"\\{[^}]*\\}", ".+", re.escape(key)) for key in CHINESE if "{" in key]
    return text in DATA or text in CHINESE_BELOW or any(re.fullmatch(pattern, text) for pattern in patterns)


PAGE = [path for path in TREES if SOURCE / "ui" in path.parents and not path.name.startswith("chinese")]
SCRIPTS = sorted((SOURCE.parents[1] / "assets" / "page").glob("*.js"))
# Texts in a language of their own, what a program is told, names, patterns.
NO_WORDS = {"system_prompts", "endpoints", "theme", "install", "render", "page_language"}
SENTENCE = re.compile(r"[A-Z][a-z]+(?: [a-z][\w'-]*)+|[A-Z][a-z]+ .*[.…]")


def apart(tree):
    """Return the ids of the nodes that no reader sees as they are: docstrings, logs, pieces of templates."""
    docstrings = [
        node for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    ]
    logs = [
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("_log.")
    ]
    pieces = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    return {id(inner) for node in (*docstrings, *logs, *pieces) for inner in ast.walk(node)}


def sentences(tree):
    """Return what a module may show: its strings that read as sentences, and the texts in its HTML."""
    hidden = apart(tree)
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            continue
        if id(node) not in hidden and SENTENCE.fullmatch(node.value.strip()):
            yield node.value.strip()
        yield from (text.strip() for text in re.findall(r"<\w[^<>]*>([^<>]*[a-z]{3}[^<>]*)<", node.value))


def is_known(text):
    return text in CHINESE or text in CHINESE_BELOW or text in DATA or any(text in task for task in EXAMPLES.values())


@pytest.mark.parametrize("path", [path for path in PAGE if path.stem not in NO_WORDS], ids=lambda path: path.stem)
def test_every_sentence_of_the_page_has_a_translation(path):
    tree = TREES[path]
    bare_below = {bare(key) for key in CHINESE_BELOW}
    whole = [text for text in templates(tree) if "{}" in text and SENTENCE.fullmatch(text)]
    assert [text for text in sentences(tree) if not is_known(text)] == []
    assert [text for text in whole if text not in bare_below] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_scripts_have_their_words_from_the_page(path):
    source = re.sub(r"^\s*//.*|\s//\s.*", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    strings = re.findall(r'"([^"\n]*)"|`([^`]*)`', source)
    written = [text for pair in strings for text in pair if re.search(r"[A-Z][a-z]+ [a-z]+ |[a-z]{3}[.…]$", text)]
    given = re.findall(r"\b(?:textContent|ariaLabel|title|placeholder|label)\b[:=] ?[\"`]([^\"`$]*[a-z]{3})", source)
    assert written + given == []


def test_notes_on_documents_have_a_translation():
    reading = [tree for path, tree in TREES.items() if path.parent.name == "documents"]
    notes = {text for tree in reading for text in literals(tree) if text.startswith(("{name}", "Left out of {name}"))}
    assert len(notes) > 15
    assert [text for text in notes if text not in CHINESE] == []
    assert ACCEPTED in CHINESE


@pytest.mark.parametrize("spec", CATALOG, ids=lambda spec: spec.name)
def test_what_is_told_of_a_model_has_a_translation(spec, chinese):
    told = [spec.strengths, *spec.warnings] if spec.is_chat or spec.fim else spec.warnings
    told = [*told, *filter(None, [spec.architecture.obstacle]), *warnings_for("fp16", "cpu", spec)]
    assert [text for text in told if not CJK.search(retell(text))] == []


@pytest.mark.parametrize("path", TREES, ids=lambda path: path.stem)
def test_what_is_said_has_a_translation(path):
    assert [sentence for sentence in said(TREES[path]) if sentence not in CHINESE] == []


def test_what_is_on_the_first_page_has_a_translation():
    assert [text for text in dict.fromkeys(shown()) if text not in CHINESE and not is_data(text)] == []


def test_translations_have_the_same_places():
    differing = {key: text for key, text in CHINESE.items() if places(key) != places(text)}
    assert differing == {}


def test_no_translation_is_left_over():
    known = {text for tree in TREES.values() for text in literals(tree)} | set(shown())
    assert [key for key in CHINESE if key not in known] == []


def bare(sentence):
    """Return a template without the names of its places."""
    return "".join(text + "{}" * (name is not None) for text, name, _, _ in Formatter().parse(sentence))


def templates(tree):
    """Return the strings of a file, those with values in them as templates with nameless places."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_what_comes_from_below_is_still_said_there():
    """A template may be a whole sentence among several."""
    below = [tree for path, tree in TREES.items() if not path.name.startswith("chinese")]
    known = "\n".join(text for tree in below for text in templates(tree))
    assert [key for key in CHINESE_BELOW if key not in known and bare(key) not in known] == []


def test_translations_of_what_comes_from_below_have_the_same_places():
    assert [key for key, text in CHINESE_BELOW.items() if "{" in key and places(key) != places(text)] == []


def test_a_sentence_from_below_is_known_again_by_what_stands_around_its_values(chinese):
    assert retell("4 requests are waiting already. Try again in a moment.") == "已有 4 个请求在等待，请稍后再试。"
    assert retell("The message is 500,000 characters long; the most that can be sent is 400,000. Shorten it.") == (
        "消息长 500,000 个字符，最多可发送 400,000 个。请缩短。"
    )
    assert retell("Nobody has translated this.") == "Nobody has translated this."
    endless = "x is x; it must be x" + " from x to x" * 800
    assert retell(endless) == endless


def test_of_several_sentences_each_is_known_by_itself(chinese):
    assert retell(
        "DeepSeek R1 at int8 does not fit here. int8 on a CPU needs AVX2, which this one lacks; use nf4 or bf16. "
        "Nobody has translated this. Nothing in the catalogue fits: free some memory."
    ) == (
        "DeepSeek R1（int8）在这里放不下。CPU 上的 int8 需要 AVX2，而这颗 CPU 没有；请用 nf4 或 bf16。"
        "Nobody has translated this. 目录中没有放得下的模型：请腾出一些内存。"
    )


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            "The Hub shows no model 'deepseek-ai/R1'. Check the spelling; if it is private, set HF_TOKEN to a token "
            "that may read it. Nearest names: r1, r1-zero.",
            "Hub 上找不到模型 'deepseek-ai/R1'。请检查拼写；如果是私有模型，请把 HF_TOKEN 设为有读取权限的令牌。"
            "相近的名称：r1, r1-zero。",
        ),
        (
            "Asking https://hub.ai for a/b did not work (HTTP 429, too many requests), and the server asks to wait "
            f"400 s. Try again then. {WITHOUT_THE_HUB}",
            "向 https://hub.ai 查询 a/b未成功（HTTP 429，请求过多），服务器要求等待 400 秒。请到时再试。"
            "其他办法：本机上的文件夹或 GGUF 文件，或把 HF_ENDPOINT 设为 Hub 的镜像。",
        ),
    ],
)
def test_what_the_hub_refuses_is_told_to_the_end(chinese, said, expected):
    assert retell(said) == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (lambda: Sampling(temperature=9), "温度为 9，应为 0 到 2 之间的数值。"),
        (lambda: to_fragment(Shared(prompt="a" * 16_001)), "消息有 16,001 个字符，链接最多能带 16,000 个。"),
        (lambda: find("r1-distill-qwen-8b"), "没有名为 'r1-distill-qwen-8b' 的模型。相近的名称："),
        (lambda: check_length("The task", "a" * 400_001), "任务长 400,001 个字符，最多可发送 400,000 个。请缩短。"),
    ],
)
def test_a_refusal_is_told_in_the_language_of_the_reader(chinese, error, expected):
    with pytest.raises(SpaceError) as refused:
        error()
    assert retell(str(refused.value)).startswith(expected)


def test_a_sentence_from_below_stays_as_it_is_in_english():
    assert retell("Starting") == "Starting"


def request(accepts="", chosen=""):
    headers = {"accept-language": accepts, "cookie": f"{COOKIE}={chosen}"}
    return Request({"type": "http", "headers": [(name.encode(), text.encode()) for name, text in headers.items()]})


@pytest.mark.parametrize(
    ("accepts", "chosen", "expected"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "", "zh-CN"),
        ("zh-TW", "", "zh-CN"),
        ("en-GB,zh;q=0.5", "", "en"),
        ("fr-FR,fr;q=0.9,zh;q=0.5,en;q=0.3", "", "zh-CN"),
        ("fr", "", "en"),
        ("", "", "en"),
        ("zh-CN", "en", "en"),
        ("en", "zh-CN", "zh-CN"),
        ("zh-CN", "tlh", "zh-CN"),
    ],
)
def test_the_language_is_the_chosen_one_else_the_first_that_the_browser_asks_for(accepts, chosen, expected):
    assert language_of(request(accepts, chosen)) == expected


@pytest.fixture
def chinese():
    token = LocalContext.request.set(gr.Request(request("zh-CN")))
    yield
    LocalContext.request.reset(token)


def test_outside_of_an_event_the_language_is_english():
    assert (language(), say("Thoughts")) == ("en", "Thoughts")


def test_a_sentence_is_said_in_the_language_of_the_event(chinese):
    assert language() == "zh-CN"
    assert say("Waiting: position {position}", position="3") == "排队中：第 3 位"
