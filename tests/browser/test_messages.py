"""What can be done with messages, in a real browser over the scripted backend."""

import pytest
from playwright.sync_api import expect

from browser_page import PHONE
from deepseek_space.backends.scripted.script import FIBONACCI
from deepseek_space.text.templates import MATH_DIRECTIVE_EN, MATH_DIRECTIVE_ZH

pytestmark = pytest.mark.browser


def test_an_edited_question_is_a_branch_and_the_arrows_lead_back(chat, backend):
    chat.ask("hello")
    chat.finish()
    chat.ask("tabs")
    chat.finish(2)
    chat.questions.first.hover()
    chat.act("edit", 0).click()
    field = chat.page.locator(".ds-editor textarea")
    expect(field).to_have_value("hello")
    expect(field).to_be_focused()
    field.fill("without thoughts")
    field.press("Control+Enter")
    expect(chat.questions).to_have_text(["without thoughts"])
    chat.finish(1)
    assert [message.content for message in backend.requests[-1].messages] == ["without thoughts"]
    expect(chat.page.locator("#chatbot .ds-versions")).to_contain_text(["2 / 2", "2 / 2"])  # under both
    chat.act("previous").click()
    expect(chat.questions).to_have_text(["hello", "tabs"])
    chat.act("next").click()
    expect(chat.questions).to_have_text(["without thoughts"])


def test_escape_leaves_the_question_as_it_was(chat, backend):
    chat.ask("hello")
    chat.finish()
    served = len(backend.requests)
    chat.questions.first.hover()
    chat.act("edit").click()
    field = chat.page.locator(".ds-editor textarea")
    field.fill("something else")
    field.press("Escape")
    expect(field).to_have_count(0)
    expect(chat.questions).to_have_text(["hello"])
    assert len(backend.requests) == served


def test_a_reply_cut_off_in_a_block_of_code_goes_on_in_it(chat):
    chat.open_parameters()
    limit = chat.page.locator("#max-new-tokens input")
    limit.fill("40")
    limit.press("Tab")
    chat.ask("fibonacci")
    expect(chat.page.locator("#chatbot .ds-note")).to_contain_text("cut off")
    limit.fill("1000")
    limit.press("Tab")
    chat.act("go_on").click()
    expect(chat.act("go_on")).to_have_count(0)
    chat.finish()
    code = FIBONACCI.split("```python\n")[1].split("```")[0]
    expect(chat.page.locator("#chatbot pre code")).to_have_count(1)
    expect(chat.page.locator("#chatbot pre code")).to_have_text(code)
    expect(chat.page.locator("#chatbot")).to_contain_text("visits every")


def test_answer_now_ends_the_thoughts_with_an_answer(chat, backend):
    chat.ask("endless")
    panel = chat.page.locator("#chatbot .thought-group")
    expect(panel).to_contain_text("tokens")
    chat.act("answer_now").click()
    expect(chat.page.locator("#chatbot")).to_contain_text("yes, it holds")
    chat.finish()
    expect(panel).to_have_count(1)
    expect(panel).to_contain_text("Thoughts")
    assert backend.requests[-1].begun.is_thinking is False


def test_thoughts_that_were_stopped_go_on_as_thoughts(chat, backend, idle):
    chat.ask("muse")
    panel = chat.page.locator("#chatbot .thought-group")
    expect(panel.locator(".content")).to_contain_text("hm hm")
    chat.stop.click()
    chat.act("go_on").click()
    expect(panel.first).to_contain_text("Thinking")
    chat.stop.click()
    assert idle()
    assert backend.requests[-1].begun.is_thinking is True
    expect(panel).to_have_count(1)


@pytest.mark.parametrize(
    ("message", "panels", "answer"), [("without thoughts", 0, ""), ("parser", 1, "<think>"), ("hello", 1, "script")]
)
def test_thoughts_and_answer_are_kept_apart(chat, message, panels, answer):
    chat.ask(message)
    conversation = chat.finish()
    expect(conversation.locator(".thought-group")).to_have_count(panels)
    expect(conversation.locator(".thought-group .content")).to_have_count(0)
    expect(conversation.locator(".bot-row", has_text=answer).first).to_be_visible()


def test_retry_in_the_other_mode_of_thinking_and_back(chat, backend):
    chat.ask("hello")
    chat.finish()
    chat.act("retry_plain").click()
    expect(chat.page.locator("#chatbot .ds-versions")).to_contain_text("2 / 2")
    expect(chat.page.locator("#chatbot .thought-group")).to_have_count(0)
    assert backend.requests[-1].thinking is False
    chat.act("previous").click()
    expect(chat.page.locator("#chatbot .thought-group")).to_have_count(1)


def test_thinking_is_switched_off_beside_the_message(chat, backend):
    chat.page.locator("#chat-think label").click()
    chat.ask("hello")
    chat.finish()
    assert backend.requests[-1].thinking is False
    expect(chat.page.locator("#chatbot .thought-group")).to_have_count(0)


def test_deleting_asks_once_more_and_takes_what_followed(chat):
    chat.ask("hello")
    chat.finish()
    chat.ask("tabs")
    chat.finish(2)
    chat.questions.last.hover()
    chat.act("delete").click()
    expect(chat.act("delete")).to_have_text("Delete")
    expect(chat.questions).to_have_count(2)
    chat.act("delete").click()
    expect(chat.questions).to_have_text(["hello"])


def test_a_rating_stays_until_it_is_taken_back(chat):
    chat.ask("hello")
    chat.finish()
    chosen = chat.page.locator("#chatbot .ds-act.is-on")
    chat.act("up").click()
    expect(chosen).to_have_attribute("name", "up")
    chat.act("up").click()
    expect(chosen).to_have_count(0)


_CLICKS = """(clicks) => {
  for (const [name, clientX] of clicks) {
    const how = { detail: 1, clientX, clientY: 100, bubbles: true, cancelable: true };
    document.querySelector(`#chatbot .ds-act[name="${name}"]`).dispatchEvent(new MouseEvent("click", how));
  }
}"""


def test_what_slips_under_the_pointer_is_not_pressed_by_a_second_click(chat, backend):
    chat.ask("hello")
    chat.finish()
    served = len(backend.requests)
    chosen = chat.page.locator("#chatbot .ds-act.is-on")
    chat.page.evaluate(_CLICKS, [["up", 100], ["retry", 104]])
    expect(chosen).to_have_attribute("name", "up")
    assert len(backend.requests) == served
    chat.page.evaluate(_CLICKS, [["up", 100], ["retry", 140]])
    expect(chat.page.locator("#chatbot .ds-versions")).to_contain_text("2 / 2")
    assert len(backend.requests) == served + 1


@pytest.mark.parametrize(("question", "directive"), [("2 + 2?", MATH_DIRECTIVE_EN), ("二加二？", MATH_DIRECTIVE_ZH)])
def test_the_maths_directive_is_one_click_away(chat, question, directive):
    chat.input.fill(question)
    chat.page.locator("#chat-maths").click()
    expect(chat.input).to_have_value(f"{question}\n\n{directive}")


def test_a_formula_never_breaks_while_it_streams(chat):
    """No piece of KaTeX' red, and a formula that is there stays there."""
    chat.page.evaluate(
        """() => {
          window.broken = 0; window.lost = 0; let most = 0;
          new MutationObserver(() => {
            window.broken += document.querySelectorAll('#chatbot .katex-error').length;
            const now = document.querySelectorAll('#chatbot .bot.message > div > .message-content > .md .katex').length;
            if (now < most) window.lost += 1;
            most = Math.max(most, now);
          }).observe(document.querySelector('#chatbot'), {subtree: true, childList: true});
        }"""
    )
    chat.ask("maths")
    chat.finish()
    expect(chat.page.locator("#chatbot .katex .fbox").first).to_be_visible()
    assert chat.page.evaluate("[window.broken, window.lost]") == [0, 0]


def test_a_refusal_leaves_the_page_as_it_was(chat):
    chat.ask("hello")
    chat.finish()
    chat.ask("x" * 500_000)
    expect(chat.page.get_by_text("500,000 characters long")).to_have_count(1)
    expect(chat.page.locator("#chat-page .error")).to_have_count(0)
    assert len(chat.input.input_value()) == 500_000


def test_buttons_are_there_for_the_keyboard_and_for_fingers(chat, page_at, fake_app_url):
    chat.ask("hello")
    chat.finish()
    chat.page.mouse.move(2, 2)
    row = chat.page.locator("#chatbot .user .ds-acts")
    expect(row).to_have_css("opacity", "0")
    chat.act("edit").focus()
    expect(row).to_have_css("opacity", "1")
    phone = page_at(fake_app_url, **PHONE)
    phone.ask("hello")
    phone.finish()
    expect(phone.page.locator("#chatbot .user .ds-acts")).to_have_css("opacity", "1")
    assert phone.scroll_width() <= 390
