"""Nothing that is shown on the page reaches the network, and were it drawn all the same, the page's policy holds it.

That the whole page works under the policy, every test in this folder checks; see ``page_at``.
"""

import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from browser_page import BLOCKED
from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.backends.scripted.script import Scene
from page_server import served

pytestmark = pytest.mark.browser

MERMAID = """```mermaid
graph TD
  A@{{ img: "{url}/{name}-node", label: "a" }}
  B["&lt;img src='{url}/{name}-label'&gt;"]
  style A fill:url({url}/{name}-style)
```
"""
DRAWN = """```mermaid
%%{{init: {{"themeCSS": "@import url({url}/import); .node rect {{ fill: url({url}/fill) }}"}}}}%%
graph TD
  A["<img src='{url}/drawn' onerror='fetch(1)'>"] --> B
  click A href "{url}/click"
```"""
NESTED = {"quotation": "> ", "item": "- ", "number": "1. ", "deep": "> - "}


def _indented(before):
    later = before.replace("- ", "  ").replace("1. ", "   ")
    return "".join((later if at else before) + line for at, line in enumerate(MERMAID.splitlines(keepends=True)))


ATTEMPTS = {
    "image": "![a]({url}/image) and ![b][r]\n\n[r]: {url}/reference",
    "html": "<img src='{url}/html'><svg><image href='{url}/svg'/></svg><iframe src='{url}/frame'></iframe>",
    "media": "<video src='{url}/video' autoplay></video><audio src='{url}/audio' autoplay></audio>",
    "head": "<link rel='prefetch' href='{url}/prefetch'><style>@import '{url}/import';</style>",
    "object": "<object data='{url}/object'></object><embed src='{url}/embed'>",
    "latex": "$\\includegraphics{{{url}/latex}}$ and \\(\\htmlStyle{{background: url({url}/css)}}{{x}}\\)",
    "table": "| a |\n|---|\n| ![c]({url}/cell) |\n\n- ![d]({url}/item)\n\n> ![e]({url}/quotation)",
    "file": "[f](file:///etc/passwd) and [g](FILE:/etc/passwd)",
    "drawn": DRAWN,
    "top": MERMAID,
    **{name: _indented(before) for name, before in NESTED.items()},
}
ELEMENTS = {
    "img": "img-src",
    "svg": "img-src",
    "background": "img-src",
    "iframe": "frame-src",
    "video": "media-src",
    "object": "object-src",
    "script": "script-src-elem",
    "style": "style-src-elem",
    "font": "font-src",
    "fetch": "connect-src",
    "beacon": "connect-src",
    "form": "form-action",
}
_CLICK = """links => links.map((link) => {
  const click = new MouseEvent("click", { bubbles: true, cancelable: true });
  return link.protocol !== "file:" || link.dispatchEvent(click);
})"""
_DRAW = """([kind, url]) => {
  const add = (tag, properties) => document.body.appendChild(Object.assign(document.createElement(tag), properties));
  const draw = {
    img: () => add("img", { src: url }),
    svg: () => (add("div", {}).innerHTML = `<svg><image href="${url}"/></svg>`),
    background: () => (add("div", { textContent: "x" }).style.background = `url(${url})`),
    iframe: () => add("iframe", { src: url }),
    video: () => add("video", { src: url, autoplay: true }),
    object: () => add("object", { data: url }),
    script: () => add("script", { src: url }),
    style: () => add("link", { rel: "stylesheet", href: url }),
    font: () => new FontFace("x", `url(${url})`).load().catch(() => {}),
    fetch: () => fetch(url, { mode: "no-cors" }).catch(() => {}),
    beacon: () => navigator.sendBeacon(url),
    form: () => add("form", { action: url, method: "post" }).submit(),
  };
  draw[kind]();
}"""


class _Elsewhere(BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self):
        self.asked.append(self.path)
        self.send_error(404)

    do_POST = do_GET

    def log_message(self, *_):
        pass


@contextmanager
def elsewhere():
    """Another site: its address, and the paths that it was asked for."""
    asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Elsewhere,), {"asked": asked}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def attacked(page_at):
    """A page whose answers try to reach another site, that site's address, and what it was asked for."""
    with elsewhere() as (url, asked):
        texts = [text.format(url=url, name=name) for name, text in ATTEMPTS.items()]
        with served(ScriptedBackend([Scene(cue="", answer="\n\n---\n\n".join(texts))], delay_s=0.0)) as page_url:
            yield page_at(page_url), url, asked


def test_no_answer_reaches_another_site(attacked):
    chat, _, asked = attacked
    chat.ask("hello")
    chat.finish()
    far = "img:not(.ds-drawing img), svg image, iframe, video, audio, object, embed, .mermaid"
    drawn = chat.page.locator("#chatbot").locator(far)
    assert [
        element for element in drawn.evaluate_all("all => all.map(one => one.outerHTML)") if "127.0.0.1" in element
    ] == []
    expect(chat.page.locator("#chatbot pre code", has_text="graph TD")).to_have_count(6)
    picture = chat.page.locator("#chatbot [data-shows=drawing] img")
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("picture => picture.naturalWidth") > 0
    # An image that cannot be fetched cannot be drawn, and its code says so.
    expect(chat.page.locator("#chatbot [data-shows=code] .ds-code-fault")).to_have_count(5)
    frame = next(frame for frame in chat.page.frames if frame.url.endswith("/diagram-frame"))
    assert frame.evaluate("origin") == "null"
    assert {text.split()[0] for text in chat.violations} <= {"img-src", "style-src-elem"}
    chat.violations.clear()
    links = chat.page.locator("#chatbot a").filter(has_text=re.compile("^[fg]$"))
    followed = links.evaluate_all(_CLICK)
    assert followed == [False, False]
    assert asked == []


def test_what_is_drawn_all_the_same_is_kept_from_the_network(attacked):
    chat, url, asked = attacked
    blocked = chat.page.evaluate(f"window.{BLOCKED} ??= []")
    assert blocked == []
    for kind, rule in ELEMENTS.items():
        chat.page.evaluate(_DRAW, [kind, f"{url}/{kind}"])
        chat.page.wait_for_function(f"rule => window.{BLOCKED}.some(text => text.startsWith(rule))", arg=rule)
        chat.page.evaluate(f"window.{BLOCKED} = []")
    chat.violations.clear()
    assert asked == []
