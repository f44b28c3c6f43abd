"""The sheet that searches all chats, as HTML for ``assets/page/palette.js``, which fills it in."""

from deepseek_space.sentences import Sentence

_FOUND = Sentence("Chats found: {count}")


def search_sheet() -> str:
    """Return the sheet, closed, with the words that the script says."""
    return (
        '<dialog id="search-sheet" class="ds-sheet" aria-label="Search all chats" closedby="any" '
        'data-say-question="You" data-say-answer="Assistant" data-say-thoughts="Thoughts" '
        f'data-say-none="No chat has all of these words." data-say-found="{_FOUND}" '
        'data-say-empty="There are no chats yet.">'
        '<input type="text" enterkeyhint="go" id="search-field" role="combobox" aria-expanded="true" '
        'aria-controls="search-hits" '
        'aria-autocomplete="list" autocomplete="off" autofocus placeholder="Search all chats" '
        'aria-label="Search in titles, questions, answers and thoughts">'
        '<ul id="search-hits" role="listbox" aria-label="Chats"></ul>'
        '<p id="search-count" role="status"></p></dialog>'
    )
