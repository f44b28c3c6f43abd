"""Does the page stay quick? This app beside ``gr.ChatInterface`` as most Spaces use it, in a real browser.

The same words come at the same pace on both sides: an answer of 4,000 words with code and LaTeX, and a shorter one at
the end of a chat of 200 messages. Meanwhile somebody types. Compared are the longest time for which the page stood
still, the sum of what each standstill took beyond 50 ms, and how late typed characters appeared (nan: the page takes
none while an answer is written).
"""

import argparse
import itertools
import json
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import gradio as gr
import measure
from playwright.sync_api import Browser, Page, sync_playwright

import headless
from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.backends.scripted.script import FIBONACCI, MARKDOWN, Scene
from deepseek_space.chat.records.chat_record import to_record
from deepseek_space.chat.turns.conversation import Conversation
from deepseek_space.settings import read_settings
from deepseek_space.status import Status
from deepseek_space.types import Sampling
from deepseek_space.ui.app import build_app, launch_options

WORDS_PER_S = 100
TYPED_EVERY_S = 0.25
# As Spaces that show mathematics write it.
LATEX = [
    {"left": left, "right": right, "display": display}
    for left, right, display in (("$$", "$$", True), ("$", "$", False), (r"\[", r"\]", True), (r"\(", r"\)", False))
]
REACH = "one Chromium on the machine that also serves the page; the model is a script"

# A standstill is a task of more than 50 ms on the thread that also draws and hears keys. A character is there when the
# frame after it is drawn.
_WATCH = """() => {
  window.blocks = [];
  new PerformanceObserver((list) => blocks.push(...list.getEntries().map((entry) => entry.duration)))
    .observe({ type: "longtask" });
  window.delays = [];
  document.addEventListener("input", ({ timeStamp }) =>
    requestAnimationFrame(() => setTimeout(() => delays.push(performance.now() - timeStamp))), true);
}"""


@dataclass(frozen=True, kw_only=True)
class Task:
    """What is streamed: after so many messages, an answer of so many words."""

    name: str
    past: int
    words: int


@dataclass(frozen=True, kw_only=True)
class Side:
    """One page: where to write a message, and what is there when its answer is complete."""

    field: str
    complete: str


APP = Side(field="#chat-input textarea", complete="#chat-send")
SPACE = Side(field="textarea", complete="button.submit-button")


def main() -> None:
    parser = measure.parser(__doc__, rounds=1)
    parser.add_argument("--words", type=int, default=4000, help="length of the long answer")
    parser.add_argument("--messages", type=int, default=200, help="length of the long chat")
    options = parser.parse_args()
    if options.quick:
        options.words, options.messages = 500, 4  # a fifth of it, after the chat, takes a second: longer than to look
    tasks = [
        Task(name="long answer", past=0, words=options.words),
        Task(name="long chat", past=options.messages, words=options.words // 5),
    ]
    with sync_playwright() as playwright:
        browser = headless.launch(playwright, whole=True)
        results = {task.name: compare(browser, task, options) for task in tasks}
        browser.close()
    report(results)


def compare(browser: Browser, task: Task, options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Return the figures of both sides for one task."""
    sides = {
        "this app": lambda: app_figures(browser, task),
        "gr.ChatInterface": lambda: space_figures(browser, task),
    }
    return measure.repeat(sides, options.rounds, warm_up=False)


class Talker(ScriptedBackend):
    """Plays its script to the end, however long."""

    def status(self) -> Status:
        """Recommend room for all of it."""
        return replace(super().status(), sampling=Sampling(max_new_tokens=100_000))


def app_figures(browser: Browser, task: Task) -> dict[str, float]:
    """Stream on this app's page."""
    backend = Talker([Scene(cue="", answer=answer_of(task.words))], delay_s=1 / WORDS_PER_S)
    settings = read_settings([], {})
    record = to_record(past_conversation(task.past))
    with served(build_app(backend, settings=settings), **launch_options(settings)) as url, window(browser, url) as page:
        page.locator(APP.field).wait_for()
        if task.past:
            whole = {"format": "deepseek-space-chats", "version": 1, "chats": [{**record, "title": "past"}]}
            file = {"name": "past.json", "mimeType": "application/json", "buffer": json.dumps(whole).encode()}
            page.locator("#chats-file").set_input_files(file)
            page.locator(".ds-chat-name").click()
            page.locator("#chatbot .user.message").last.wait_for()
        return watched(page, APP)


def space_figures(browser: Browser, task: Task) -> dict[str, float]:
    """Stream on the page that Gradio's guides show: every piece is yielded with all that came before it."""
    words = words_of(answer_of(task.words))

    def respond(message: str, history: list[dict[str, object]]) -> Iterator[str]:
        text = ""
        for word in words:
            time.sleep(1 / WORDS_PER_S)
            text += word
            yield text

    past = [message for turn in past_turns(task.past) for message in messages_of(*turn)]
    page_of = gr.ChatInterface(respond, chatbot=gr.Chatbot(value=past, latex_delimiters=LATEX))
    with served(page_of, quiet=True) as url, window(browser, url) as page:
        page.locator(SPACE.field).last.wait_for()
        return watched(page, SPACE)


def watched(page: Page, side: Side) -> dict[str, float]:
    """Send a message and type until its answer is complete; return what that did to the page."""
    field = page.locator(side.field).last
    field.fill("Go on.")
    field.press("Enter")
    page.locator(side.complete).wait_for(state="hidden")
    page.evaluate(_WATCH)
    started_s = time.monotonic()
    for key in itertools.cycle("typing while it is being written "):
        page.keyboard.type(key)
        page.wait_for_timeout(1000 * TYPED_EVERY_S)
        if page.locator(side.complete).is_visible():
            break
    taken_s = time.monotonic() - started_s
    blocks, delays = page.evaluate("[blocks, delays]")
    delays.sort()
    return {
        "longest_ms": max(blocks, default=0.0),
        "blocked_ms": sum(block - 50 for block in blocks),
        "typed_p95_ms": delays[int(0.95 * (len(delays) - 1))] if delays else float("nan"),
        "typed_worst_ms": delays[-1] if delays else float("nan"),
        "taken_s": taken_s,
    }


def report(results: dict[str, dict[str, dict[str, float]]]) -> None:
    header = ["", "side", "longest standstill, ms", "blocked, ms", "typing p95, ms", "typing worst, ms", "took, s"]
    rows = [(task, side, *figures.values()) for task, sides in results.items() for side, figures in sides.items()]
    measure.table(header, rows)
    figures = ("longest_ms", "blocked_ms", "typed_worst_ms")
    ours = {name: {task: sides["this app"][name] for task, sides in results.items()} for name in figures}
    theirs = {task: sides["gr.ChatInterface"]["blocked_ms"] for task, sides in results.items()}
    measure.finish(benchmark="page", **ours, chat_interface_blocked_ms=theirs, reach=REACH)


def answer_of(words: int) -> str:
    """Return so many words of Markdown with code, tables and LaTeX."""
    text = "\n\n".join(itertools.repeat(f"{MARKDOWN}\n\n{FIBONACCI}", 1 + words // 150))
    return "".join(words_of(text)[:words])


def words_of(text: str) -> list[str]:
    return re.findall(r"\s*\S+", text)


def past_turns(messages: int) -> list[tuple[str, str]]:
    return [(f"Question {number}", FIBONACCI if number % 2 else MARKDOWN) for number in range(messages // 2)]


def messages_of(question: str, answer: str) -> Sequence[dict[str, str]]:
    return {"role": "user", "content": question}, {"role": "assistant", "content": answer}


def past_conversation(messages: int) -> Conversation:
    conversation = Conversation()
    for question, answer in past_turns(messages):
        lease = conversation.ask(question)
        conversation.write(lease, replace(lease.turn, answer=answer, state="done"))
    return conversation


@contextmanager
def served(app: gr.Blocks, **options: object) -> Iterator[str]:
    _, url, _ = app.launch(server_name="127.0.0.1", prevent_thread_lock=True, **options)
    try:
        yield url
    finally:
        app.close(verbose=False)


@contextmanager
def window(browser: Browser, url: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(url)
    try:
        yield page
    finally:
        context.close()


if __name__ == "__main__":
    main()
