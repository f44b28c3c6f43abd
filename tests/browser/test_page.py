"""The page around the chat in a real browser: header, parameters, Code tab, sizes and colours."""

import pytest
from playwright.sync_api import expect

from browser_page import PHONE, contrast, open_code_form
from deepseek_space.backends.scripted.backend import ScriptedBackend
from page_server import served

pytestmark = pytest.mark.browser


def test_the_header_says_what_answers(chat):
    line = chat.page.locator("#status-line")
    expect(line).to_contain_text("fake")
    expect(line).to_contain_text("Scripted replies")


def test_a_loading_model_shows_its_progress_and_a_message_waits_for_it(page_at):
    backend = ScriptedBackend(delay_s=0.001, loading_s=12)
    with served(backend) as url:
        chat = page_at(url)
        expect(chat.page.locator("#status-line progress")).to_be_visible()
        chat.ask("hello")
        expect(chat.page.locator("#chatbot .thought-group")).to_contain_text("Loading the model …")
        chat.finish()
        expect(chat.page.locator('#status-line [data-state="ready"]')).to_be_visible()


def test_parameters_reach_the_backend_and_reset(chat, backend):
    chat.open_parameters()
    chat.page.locator("#temperature input[type=number]").fill("0.25")
    chat.page.locator("#max-new-tokens input").fill("5")
    chat.page.locator("#seed input").fill("42")
    chat.page.locator("#stop-strings textarea").fill("END\nSTOP")
    chat.page.locator("#system-prompt textarea").fill("Be brief.")
    chat.page.locator("#stop-strings textarea").blur()
    chat.ask("hello")
    chat.finish()
    request = backend.requests[-1]
    assert request.messages[0].content == "Be brief."
    sampling = request.sampling
    assert (sampling.temperature, sampling.max_new_tokens, sampling.seed) == (0.25, 5, 42)
    assert sampling.stop == ("END", "STOP")
    expect(chat.page.locator("#chatbot .ds-note")).to_contain_text("cut off")
    chat.page.locator("#parameters-reset").click()
    expect(chat.page.locator("#temperature input[type=number]")).to_have_value("0.7")
    expect(chat.page.locator("#max-new-tokens input")).to_have_value("1024")


def test_an_untouched_seed_is_a_new_one_each_time(chat, backend):
    chat.open_parameters()
    expect(chat.page.locator("#seed input")).to_have_value("")
    chat.ask("hello")
    chat.finish()
    assert backend.requests[-1].sampling.seed is None


def test_a_parameter_out_of_range_is_refused_with_its_value(chat, backend):
    served = len(backend.requests)
    chat.open_parameters()
    chat.page.locator("#max-new-tokens input").fill("0")
    chat.ask("hello")
    expect(chat.page.get_by_text("Maximum new tokens is 0")).to_be_visible()
    assert len(backend.requests) == served


def test_a_refusal_that_is_shown_already_is_not_shown_twice(chat):
    chat.send.click()
    expect(chat.page.locator("#page-note")).to_have_text("Write a message first, then send it.")
    open_code_form(chat.page)
    for _ in range(3):
        chat.page.locator("#code-run").click()
    toasts = chat.page.get_by_test_id("toast-body")
    expect(toasts.filter(has_text="Describe the task first")).to_have_count(1)


def focused(page):
    return page.evaluate("document.activeElement.id || document.activeElement.tagName")


class TestPanels:
    @pytest.fixture
    def page(self, chat):
        return chat.page

    def test_the_keyboard_does_not_get_into_a_closed_one(self, page):
        for panel in ("models", "parameters"):
            page.locator(f"#{panel}-open").click()
            expect(page.locator(f"#{panel}.open")).to_be_visible()
            page.keyboard.press("Escape")
            expect(page.locator(f"#{panel}")).to_have_js_property("inert", True)
        page.locator("#models-open").focus()
        for _ in range(30):
            page.keyboard.press("Tab")
            assert not page.evaluate("document.activeElement.closest('#models, #parameters') !== null")

    def test_escape_closes_it_and_goes_back_to_its_button(self, page):
        page.locator("#parameters-open").click()
        expect(page.locator("#parameters.open")).to_be_visible()
        page.locator("#seed input").focus()
        page.keyboard.press("Escape")
        expect(page.locator("#parameters.open")).to_have_count(0)
        assert focused(page) == "parameters-open"

    def test_escape_closes_it_from_anywhere_on_the_page_while_nothing_is_written(self, page):
        page.locator("#parameters-open").click()
        expect(page.locator("#parameters.open")).to_be_visible()
        page.locator("#chat-input textarea").focus()
        page.keyboard.press("Escape")
        expect(page.locator("#parameters.open")).to_have_count(0)
        expect(page.locator("#chats.open")).to_be_visible()

    def test_it_has_a_name_and_so_has_the_button_that_closes_it(self, page):
        page.get_by_role("button", name="fake Models", exact=True).click()
        expect(page.get_by_role("region", name="Models")).to_be_visible()
        page.get_by_role("button", name="Close: Models").click()
        expect(page.locator("#models-open")).to_have_attribute("aria-expanded", "false")

    def test_one_of_them_is_open_at_a_time(self, page):
        page.locator("#models-open").click()
        expect(page.locator("#models.open")).to_be_visible()
        page.locator("#parameters-open").click()
        expect(page.locator("#parameters.open")).to_be_visible()
        expect(page.locator("#models.open")).to_have_count(0)

    def test_the_list_of_chats_makes_room_for_one_and_comes_back(self, page):
        expect(page.locator("#chats.open")).to_be_visible()
        page.locator("#models-open").click()
        expect(page.locator("#models.open")).to_be_visible()
        expect(page.locator("#chats.open")).to_have_count(0)
        page.locator("#parameters-open").click()
        expect(page.locator("#parameters.open")).to_be_visible()
        expect(page.locator("#chats.open")).to_have_count(0)
        page.get_by_role("button", name="Close: Parameters").click()
        expect(page.locator("#chats.open")).to_be_visible()

    def test_what_is_scrolled_goes_under_the_head_and_not_under_the_close_button(self, page):
        page.locator("#parameters-open").click()
        expect(page.locator("#parameters.open")).to_be_visible()
        field = page.locator("#temperature input[type=number]")
        expect(page.locator("#parameters > .toggle-button")).to_be_in_viewport(ratio=1)
        close = page.locator("#parameters > .toggle-button").bounding_box()
        field.evaluate(
            "(e, y) => e.closest('.sidebar-content').scrollBy(0, e.getBoundingClientRect().y - y)", close["y"]
        )
        on_top = "([x, y]) => document.elementFromPoint(x, y).closest('.ds-panel-head') !== null"
        assert page.evaluate(on_top, [close["x"] - 30, close["y"] + 10])


class TestCodeTab:
    @pytest.fixture
    def code(self, chat):
        open_code_form(chat.page)
        expect(chat.page.locator("#code-run")).to_be_visible()
        return chat.page

    def test_code_fills_the_editor_with_the_explanation_beside_it(self, code):
        code.locator("#code-task textarea").fill("fibonacci")
        code.locator("#code-run").click()
        expect(code.locator("#code-explanation .ds-figures")).to_be_visible()
        editor = code.locator("#code-output .cm-content")
        expect(editor).to_contain_text("def fibonacci(n: int) -> int:")
        expect(editor).not_to_contain_text("```")
        expect(code.locator("#code-explanation")).to_contain_text("remembers each result")
        expect(code.locator("#code-explanation")).not_to_contain_text("def fibonacci")

    def test_the_language_is_asked_for(self, code, backend):
        code.locator("#code-task textarea").fill("fibonacci")
        code.locator("#code-language input").fill("Rust")
        code.get_by_role("option", name="Rust").click()
        code.locator("#code-run").click()
        expect(code.locator("#code-explanation .ds-figures")).to_be_visible()
        assert "Rust" in backend.requests[-1].messages[-1].content

    def test_stop_ends_it(self, code, idle):
        code.locator("#code-task textarea").fill("slow")
        code.locator("#code-run").click()
        expect(code.locator("#code-explanation")).to_contain_text("word word")
        code.locator("#code-stop").click()
        assert idle(within_s=2)
        expect(code.locator("#code-run")).to_be_visible()
        expect(code.locator("#code-explanation .ds-note")).to_contain_text("Stopped")

    def test_a_blank_task_is_not_sent(self, code, backend):
        served = len(backend.requests)
        code.locator("#code-run").click()
        expect(code.get_by_text("Describe the task first")).to_be_visible()
        assert len(backend.requests) == served

    def test_code_can_be_copied_and_downloaded(self, code):
        code.locator("#code-task textarea").fill("fibonacci")
        code.locator("#code-run").click()
        expect(code.locator("#code-explanation .ds-figures")).to_be_visible()
        with code.expect_download() as download:
            code.locator("#code-output").get_by_role("button", name="Download").click()
        assert "def fibonacci" in download.value.path().read_text()


@pytest.mark.parametrize("context", [PHONE, {}], ids=["phone", "desk"])
def test_nothing_is_wider_than_the_window_and_the_composer_is_in_reach(page_at, fake_app_url, context):
    chat = page_at(fake_app_url, **context)
    chat.ask("a table please")
    chat.finish()
    size = chat.page.viewport_size
    assert chat.scroll_width() <= size["width"]
    box = chat.page.locator("#composer-row").bounding_box()
    assert box["y"] + box["height"] <= size["height"]
    assert box["y"] > size["height"] * 0.75
    open_code_form(chat.page)
    expect(chat.page.locator("#code-run")).to_be_visible()
    assert chat.scroll_width() <= size["width"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out_in_both_themes(page_at, fake_app_url, scheme):
    chat = page_at(fake_app_url, color_scheme=scheme)
    chat.ask("a table please")
    chat.finish()
    expect(chat.page.locator(".dark")).to_have_count(1 if scheme == "dark" else 0)
    texts = ["#chatbot .bot .md p", "#chatbot .user .md p", "#chatbot .ds-figures summary", "#chatbot pre code"]
    ratios = {}
    for text in [*texts, ".ds-gist", "#chat-send", "#chat-maths"]:
        expect(chat.page.locator(text).last).to_be_visible()
        ratios[text] = contrast(chat.page, text)
    assert {text: ratio for text, ratio in ratios.items() if ratio < 4.5} == {}


def test_the_page_asks_nothing_of_other_hosts_and_logs_no_error(fake_app_url, browser):
    context = browser.new_context()
    page = context.new_page()
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(fake_app_url)
    page.locator("#chat-input textarea").fill("a table please")
    page.locator("#chat-input textarea").press("Enter")
    expect(page.locator("#chatbot .ds-figures")).to_be_visible()
    outside = [url for url in asked if not url.startswith((fake_app_url, "data:", "blob:"))]
    context.close()
    assert (outside, errors) == ([], [])
