"""Where the page tells readers of the screen what goes on, as HTML for ``assets/page/access.js``."""


def announcer() -> str:
    """Return the place, which nobody sees, with what may be said in it."""
    return (
        '<p id="announcer" class="ds-unseen" role="status" data-say-writing="The answer is being written." '
        'data-say-done="The answer has ended." data-say-copied="Copied." '
        'data-say-maths="Adds to the message, or takes off it, what DeepSeek advises for mathematics: reason step by '
        'step, and put the final answer in a box." data-say-named="Pick or write a name"></p>'
    )
