"""The reader's chats: a sidebar that lists them, and what goes between their store and the page.

The store is in the reader's own browser and nobody else's; ``assets/page/chat_store.js`` and ``history.js`` keep it and
draw the list. The server holds no list: it is sent the record of the chat that is opened, and sends back that of the
chat that is written. Gradio's ``BrowserState`` would not do: it is a single value that is encrypted and written anew as
a whole at each change, under a key that is lost at each restart unless it is published with the code, in a
``localStorage`` that ends at 5 MB.
"""

import time
from html import escape
from typing import Any

import gradio as gr
from gradio.components import Component

from deepseek_space.chat.records.chat_record import reply_record, to_record
from deepseek_space.chat.turns.conversation import Conversation
from deepseek_space.sentences import Sentence
from deepseek_space.ui.html.head import icon_button
from deepseek_space.ui.html.icons import icon
from deepseek_space.ui.html.search_sheet import search_sheet

KEEP_S = 5.0

_LISTEN = "watch('value', () => deepseekSpace.hearRecord(props.value)); deepseekSpace.startHistory();"
# What the script says, by the name that it has for it.
_WORDS = {
    "pinned": Sentence("Pinned"),
    "today": Sentence("Today"),
    "yesterday": Sentence("Yesterday"),
    "earlier": Sentence("Earlier"),
    "empty": Sentence("Your chats will be listed here. They are kept in this browser and nowhere else."),
    "nomatch": Sentence("No chat has all of these words."),
    "more": Sentence("More"),
    "title": Sentence("Title of the chat"),
    "untitled": Sentence("Untitled"),
    "deleted": Sentence("Deleted:"),
    "undo": Sentence("Undo"),
    "elsewhere": Sentence(
        "That chat is not in this browser: chats are kept where they were written, and nowhere else."
    ),
    "unkept": Sentence("This browser keeps nothing for this page: chats are gone when it is closed or loaded anew."),
    "full": Sentence("This browser has no room left for chats. Export some and delete them."),
    "nothing": Sentence("The file holds no chats."),
    "damaged": Sentence("This archive is damaged, or packed in an unusual way."),
    "imported": Sentence("Chats imported: {count}."),
    "twice": Sentence("Imported beside one here that differs: {count}."),
    "known": Sentence("Already here: {count}."),
    "you": Sentence("You"),
    "assistant": Sentence("Assistant"),
    "thoughts": Sentence("Thoughts"),
    "prompt": Sentence("Instructions"),
    "tokens": Sentence("tokens"),
    "speed": Sentence("tokens/s"),
    "broken": Sentence("The reply broke off:"),
}


class History:
    """The hidden component through which records go to the browser. Made inside the Blocks."""

    def __init__(self) -> None:
        # In the page though unseen: Gradio runs no script of a component that is not.
        self.component = gr.HTML("", elem_id="chat-record", html_template="", js_on_load=_LISTEN, padding=False)

    def save(self, conversation: Conversation, *, is_shown: bool = True) -> dict[Component, Any]:
        """Return the update that has the browser keep the conversation as it is now."""
        return self._tell(record=to_record(conversation), is_shown=is_shown)

    def save_open_turn(self, conversation: Conversation, *, is_shown: bool = True) -> dict[Component, Any]:
        """Return the update that has the browser keep what is written meanwhile in a conversation that it has.

        Nothing else goes with it: documents of some hundred thousand tokens would otherwise go every few seconds.
        """
        turn = conversation.open_turn
        part = {"id": conversation.id, "turn": reply_record(turn)} if turn else None
        return self._tell(part=part, is_shown=is_shown)

    def _tell(self, **news: Any) -> dict[Component, Any]:
        # The time makes each of them news, by which the page knows that it is still connected.
        return {self.component: {**news, "at_s": time.time()}}


def chat_list(brand: str) -> str:
    """Return the sidebar as HTML: the page's name, an empty list, its menus, and the words for ``history.js``."""
    more = icon_button("more", Sentence("All chats"), 'data-menu="chats-menu"')
    search = icon_button("search", Sentence("Search all chats"), 'id="search-open"')
    words = " ".join(f'data-say-{name}="{escape(text)}"' for name, text in _WORDS.items())
    return (
        f'<div id="chats" class="sidebar left" {words}>'
        '<button type="button" class="toggle-button"></button>'
        f'<div class="ds-chats-head">{brand}<h2 class="ds-unseen" data-say-close="Close">Chats</h2>{search}{more}</div>'
        '<button type="button" class="ds-act ds-new" name="new">'
        f"{icon('new')}<span>New chat</span></button>"
        '<input type="search" id="chats-search" placeholder="Search" '
        'aria-label="Search in titles, questions, answers and thoughts">'
        '<nav id="chats-list" aria-label="Chats"></nav>'
        f"{_menu('chat-menu', _CHAT_MENU)}{_menu('chats-menu', _CHATS_MENU)}{_confirmation()}"
        '<input type="file" id="chats-file" accept=".json,.zip,application/json,application/zip" hidden></div>'
        '<div id="chats-toast" class="ds-toast" popover="manual" role="status"></div>'
        f"{search_sheet()}"
    )


_CHAT_MENU = {
    "pin": Sentence("Pin to the top"),
    "unpin": Sentence("Unpin"),
    "rename": Sentence("Rename"),
    "export-page": Sentence("Export as a page to read"),
    "export-markdown": Sentence("Export as Markdown"),
    "export-json": Sentence("Export as JSON"),
    "delete": Sentence("Delete"),
}
_CHATS_MENU = {
    "import": Sentence("Import, also from ChatGPT …"),
    "export-all-markdown": Sentence("Export all as Markdown"),
    "export-all-json": Sentence("Export all as JSON"),
    "delete-all": Sentence("Delete all …"),
}


def _menu(menu_id: str, items: dict[str, str]) -> str:
    buttons = "".join(f'<button type="button" data-do="{do}">{text}</button>' for do, text in items.items())
    return f'<div id="{menu_id}" class="ds-menu" popover>{buttons}</div>'


def _confirmation() -> str:
    return (
        '<dialog id="chats-confirm" class="ds-sheet" aria-labelledby="chats-confirm-title" closedby="any">'
        '<h2 id="chats-confirm-title">Delete all chats?</h2>'
        "<p>They are kept in this browser alone, so nobody can bring them back.</p>"
        '<form method="dialog"><button autofocus value="" class="ds-pill">Cancel</button>'
        '<button value="delete" class="ds-pill is-danger">Delete all</button></form></dialog>'
    )
