"""The Code page: the thread beside its files. An answer is applied by hunk, Python and pages run as strangers."""

import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

import headless
from browser_page import PHONE, findings
from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.backends.scripted.script import Scene
from deepseek_space.chat.workspace.archive import packed
from page_server import served
from page_states import show_tab

pytestmark = pytest.mark.browser

WRITTEN = (
    "```python fib.py\ndef fib(n):\n    a, b = 0, 1\n    for _ in range(n):\n        a, b = b, a + b\n    return a\n"
    "\n\nprint(fib(int(input())))\n```\n\n```python test_fib.py\nfrom unittest import mock\n\n"
    'with mock.patch("builtins.input", lambda: "3"):\n    from fib import fib\n\n\n'
    "def test_fib():\n    assert fib(10) == 55\n```\n"
)
EDITED = (
    "fib.py\n<<<<<<< SEARCH\ndef fib(n):\n=======\ndef fib(n: int) -> int:\n>>>>>>> REPLACE\n"
    "<<<<<<< SEARCH\n    return a\n=======\n    return b\n>>>>>>> REPLACE\n"
    "fib.py\n<<<<<<< SEARCH\nnothing like it\n=======\n\n>>>>>>> REPLACE\n"
)
LOOPING = "```html index.html\n<script>for (;;) {}</script>\n```\n"
REACHING = """```html index.html
<script>
localStorage.setItem("a", "1");
const attempt = (name, act) => {{
  try {{ console.log(name, String(act())); }} catch (error) {{ console.log(name, error.name); }}
}};
attempt("parent", () => parent.parent.document.title);
attempt("cookie", () => document.cookie);
attempt("database", () => indexedDB.open("x").readyState);
attempt("top", () => {{ top.location = "{url}/top"; }});
attempt("outer", () => {{ parent.location = "{url}/outer"; }});
fetch("{url}/fetch").catch(() => console.log("fetch failed"));
new Image().src = "{url}/image";
navigator.sendBeacon("{url}/beacon", "x");
attempt("window", () => open("{url}/window"));
const form = document.createElement("form");
form.action = "{url}/form";
document.documentElement.append(form);
form.submit();
const frame = document.createElement("iframe");
frame.src = "{url}/frame";
document.documentElement.append(frame);
setTimeout(() => {{ location = "{url}/self"; }}, 300);
setTimeout(() => console.log("still here"), 100);
</script>
```
"""


@contextmanager
def listener():
    """Yield an address of this machine and what has been asked for there."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        do_POST = do_GET

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()


def bench(handle):
    """Open the Code page."""
    show_tab(handle.page, "code")
    expect(handle.page.locator(".ds-work-head")).to_be_visible()
    return handle.page


def ask(handle, text: str, count: int) -> None:
    handle.ask(text)
    handle.finish(count)


def test_an_answer_is_taken_by_hunk_runs_and_is_there_after_a_reload(page_at):
    scenes = (Scene(cue="write", answer=WRITTEN), Scene(cue="change", answer=EDITED))
    with served(ScriptedBackend(scenes, delay_s=0.001)) as url:
        handle = page_at(url)
        page = bench(handle)
        ask(handle, "write it", 1)
        files = page.locator(".ds-work-file")
        expect(files).to_have_text(["fib.py", "test_fib.py"])
        assert findings(page) == []

        ask(handle, "change it", 2)
        hunks = page.locator(".ds-hunk")
        expect(hunks).to_have_count(2)
        expect(page.locator(".ds-missed summary")).to_contain_text("1")
        hunks.first.get_by_role("button", name="Accept", exact=True).click()
        expect(hunks).to_have_count(1)
        page.get_by_role("button", name="Reject", exact=True).click()
        expect(hunks).to_have_count(0)
        expect(page.locator(".ds-work-editor")).to_contain_text("n: int")

        page.locator(".ds-run-open").click()
        output, state = page.locator(".ds-run-output"), page.locator(".ds-run-state")
        expect(output).to_contain_text("EOFError")  # it was given nothing to read
        expect(page.locator(".ds-fix")).to_be_visible()
        page.locator(".ds-run-stdin summary").click()
        page.locator(".ds-run-stdin textarea").fill("10")
        page.get_by_role("button", name="Again", exact=True).click()
        expect(output).to_have_text("55")
        page.locator(".ds-test-open").click()
        expect(output).to_contain_text("1 passed")
        expect(state).to_have_text("Ended")

        files.first.click()
        page.locator(".monaco-editor").first.click()
        page.keyboard.press("Control+End")
        page.keyboard.type("def (")
        page.locator(".ds-run-open").click()
        expect(output).to_contain_text("SyntaxError")
        expect(output).not_to_contain_text("EOFError")  # nothing of it has run
        expect(page.locator(".squiggly-error")).to_be_visible()
        page.keyboard.press("Control+z")

        show_tab(page, "chat")
        page.locator('#chatbot [data-code="open"]').first.click()
        expect(page.locator(".ds-diff-head strong")).to_have_text("fib.py")  # as its answer had written it
        page.get_by_role("button", name="Reject", exact=True).click()
        show_tab(page, "chat")
        page.locator('#chatbot [data-code="open"]').nth(1).click()
        expect(files.last).to_have_attribute("aria-selected", "true")
        expect(files).to_have_text(["fib.py", "test_fib.py"])
        page.reload()
        expect(handle.figures).to_have_count(2)
        bench(handle)
        expect(files).to_have_text(["fib.py", "test_fib.py"])
        expect(page.locator(".ds-work-editor")).to_contain_text("n: int")


class Filling(ScriptedBackend):
    """Fills each gap with the number of the suggestion that is asked for."""

    def _choose(self, request):
        return Scene(cue="", answer=f"number_{request.sampling.seed or 0}()")


def test_at_the_cursor_a_suggestion_is_taken_or_another_one_shown(page_at):
    backend = Filling(delay_s=0.001, change_s=0)
    backend.load("coder-base")
    with served(backend) as url:
        page = bench(page_at(url))
        page.once("dialog", lambda asked: asked.accept("main.py"))
        page.locator(".ds-work-empty").get_by_role("button", name="New file").click()
        editor, ghost = page.locator(".monaco-editor").first, page.locator(".ghost-text-decoration").first
        editor.click()
        page.keyboard.type("def f():\n# it\nreturn ")
        expect(ghost).to_have_text("number_0()")
        expect(page.locator(".ds-work-cursor")).to_contain_text("2,048")
        page.keyboard.press("Alt+BracketRight")
        expect(ghost).to_have_text("number_1()")
        page.keyboard.press("Tab")
        expect(page.locator(".view-lines")).to_contain_text("return number_1()")
        kinds = page.locator(".view-lines").first.evaluate(
            "(lines) => new Set([...lines.querySelectorAll('span > span')].map((span) => span.className)).size"
        )
        assert kinds > 1  # it is coloured
        page.keyboard.press("Control+f")
        expect(page.locator(".find-widget.visible")).to_be_visible()

        many = packed({f"{folder}/f{number}.py": "" for folder in ("a", "b") for number in range(7)})
        page.locator(".ds-work-menu summary").click()
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Bring files").click()
        chooser.value.set_files({"name": "many.zip", "mimeType": "application/zip", "buffer": many})
        folders, files = page.locator(".ds-work-tree summary"), page.locator(".ds-work-file:visible")
        expect(folders).to_have_text(["a", "b"])
        expect(files).to_have_count(15)
        folders.last.click()
        expect(files).to_have_count(8)
        files.first.click()
        expect(files.first).to_have_attribute("aria-current", "true")
        assert findings(page) == []


def test_a_page_reaches_nothing(page_at):
    with (
        listener() as (outside, asked),
        served(ScriptedBackend([Scene(cue="", answer=REACHING.format(url=outside))], delay_s=0.001)) as url,
    ):
        handle = page_at(url)
        page = bench(handle)
        ask(handle, "a page", 1)
        page.locator(".ds-work-file", has_text="index.html").click()
        page.locator(".ds-run-open").click()
        output = page.locator(".ds-run-output")
        for line in ("parent SecurityError", "cookie SecurityError", "database SecurityError", "fetch failed"):
            expect(output).to_contain_text(line)
        expect(output).to_contain_text("still here")
        expect(output).to_contain_text(re.compile("Not allowed here: frame-src"))
        assert page.url.startswith(url)

        assert asked == []
        handle.violations.clear()  # of the stranger's page, which has no business with the app's policy


@pytest.fixture
def desktop(browser):
    """A browser in which strangers' frames have a process of their own, as desktops give them."""
    apart = ["--site-per-process", "--enable-features=IsolateSandboxedIframes"]
    chromium = browser.browser_type.launch(executable_path=headless.executable(), args=[*headless.ARGUMENTS, *apart])
    yield chromium
    chromium.close()


def test_a_page_in_an_endless_loop_is_taken_away(desktop, page_at):
    with served(ScriptedBackend([Scene(cue="", answer=LOOPING)], delay_s=0.001)) as url:
        handle = page_at(url, within=desktop)
        page = bench(handle)
        ask(handle, "a page", 1)
        # From within the page: Playwright's click would wait for the frame.
        page.evaluate("() => void setTimeout(() => document.querySelector('.ds-run-open').click())")
        expect(page.locator(".ds-run-state")).to_contain_text("no longer answered")
        assert page.locator(".ds-run-frame").count() == 0
        expect(page.locator(".ds-work-editor")).to_contain_text("for (;;)")


def test_without_the_libraries_and_on_a_phone_there_is_a_plain_field(page_at, tmp_path):
    with served(
        ScriptedBackend([Scene(cue="", answer=WRITTEN)], delay_s=0.001), "--cdn", "none", "--cache-dir", str(tmp_path)
    ) as url:
        handle = page_at(url)
        page = bench(handle)
        ask(handle, "write it", 1)
        field = page.locator(".ds-plain-editor")
        expect(field).to_have_value(re.compile("def fib"))
        expect(page.locator(".ds-work-note")).to_contain_text("plain field")
        field.fill("print(1)\n")
        field.blur()
        page.locator(".ds-run-open").click()
        expect(page.locator(".ds-run-state")).to_contain_text("cannot be had")

        phone = page_at(url, **PHONE)
        page = bench(phone)
        expect(page.locator("#chat-input textarea")).to_be_in_viewport()
        expect(page.locator(".ds-work")).to_be_in_viewport()
        assert phone.scroll_width() <= 390
