"""The menu of the page, as HTML: theme and language, for ``assets/page/theme.js`` and ``language.js``, and ways on."""

from html import escape

from deepseek_space.sentences import Sentence
from deepseek_space.ui.words.catalogue import languages

_THEMES = {"system": Sentence("As the system"), "light": Sentence("Light"), "dark": Sentence("Dark")}


def page_menu() -> str:
    """Return the menu, closed; ``head.py`` has the button that opens it."""
    themes = "".join(
        f'<label class="ds-chip"><input type="radio" name="ds-theme" value="{value}"{" checked" * (value == "system")}>'
        f"<span>{name}</span></label>"
        for value, name in _THEMES.items()
    )
    return (
        '<div id="page-menu" class="ds-menu" popover aria-label="Theme, language, keys">'
        f'<fieldset><legend>Theme</legend><div class="ds-chips">{themes}</div></fieldset>'
        f'<fieldset><legend>Language</legend><div class="ds-chips">{_languages()}</div></fieldset>'
        '<button type="button" class="ds-help">Keys</button>'
        '<button type="button" class="ds-act" name="open_api">Use from programs (API)</button></div>'
    )


def _languages() -> str:
    return "".join(
        f'<button type="button" class="ds-chip" data-language="{code}" lang="{code}">{escape(name)}</button>'
        for code, (name, _) in languages().items()
    )
