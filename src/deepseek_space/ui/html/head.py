"""The head of the page, one row at every width: chats, the model button, the tabs, parameters, help, the menu. HTML.

Tabs are links to the page's own addresses, which ``assets/page/places.js`` follows; Gradio's are not seen. Where there
is no room for names the signs are left, with their names as tooltips; where there is no room for tabs, they fold into
one button. What the model button shows is in ``model_bar.py``.
"""

from deepseek_space.sentences import Sentence
from deepseek_space.ui.html.icons import icon
from deepseek_space.ui.html.page_menu import page_menu

TABS = {"chat": Sentence("Chat"), "code": Sentence("Code"), "compare": Sentence("Compare")}


def brand(logo: str, title: str) -> str:
    """Return the sign of the page and its name, as they stand on the list of chats."""
    return f'<div class="ds-brand" aria-hidden="true">{logo}<span>{title}</span></div>'


def head_start(logo: str, title: str, *, has_list: bool) -> str:
    """Return what stands first: the sign of the page, the list of chats, a new chat."""
    sign = f'<h1 class="ds-unseen">{title}</h1><div class="ds-brand" aria-hidden="true">{logo}</div>'
    opener = icon_button("list", Sentence("Chats"), 'id="chats-open"') if has_list else ""
    return sign + opener + icon_button("new", Sentence("New chat"), 'name="new"', "ds-act")


def model_button(*, can_change: bool) -> str:
    """Return the button that lies over the line about the model, which is drawn anew at each step of a load.

    It opens the models, or what is known of the model where that cannot be changed.
    """
    opens = 'id="models-open" aria-expanded="false"' if can_change else 'popovertarget="model-about"'
    name = '<span class="ds-unseen" id="models-word">Models</span>'
    return f'{name}<button type="button" {opens} aria-labelledby="model-name-shown models-word"></button>'


def head_end() -> str:
    """Return what stands last: the tabs, parameters, help, the menu."""
    tabs = "".join(
        f'<a role="tab" class="ds-tab" href="#{tab}" aria-controls="{tab}-page" '
        f'aria-selected="{str(tab == "chat").lower()}" aria-label="{name}">{icon(tab)}<span>{name}</span></a>'
        for tab, name in TABS.items()
    )
    return (
        '<button type="button" id="tabs-open" class="ds-icon" popovertarget="page-tabs" '
        f'aria-label="Chat, Code, Compare">{icon("chat")}{icon("down")}</button>'
        f'<div id="page-tabs" role="tablist" aria-label="Chat, Code, Compare" popover>{tabs}</div>'
        '<button type="button" id="parameters-open" class="ds-icon" aria-expanded="false" aria-label="Parameters">'
        f"{icon('parameters')}<span>Parameters</span></button>"
        + icon_button("help", Sentence("Keys"), 'id="help-open" aria-haspopup="dialog"', "ds-help")
        + icon_button("menu", Sentence("Theme, language, keys"), 'id="menu-open" popovertarget="page-menu"')
        + page_menu()
    )


def icon_button(sign: str, name: str, attributes: str, classes: str = "") -> str:
    """Return a button that is a sign, with its name as a tooltip."""
    look = f"ds-icon {classes}".strip()
    return f'<button type="button" {attributes} class="{look}" aria-label="{name}">{icon(sign)}</button>'
