"""Which conversation a page shows. Knows no Gradio."""

from dataclasses import dataclass, field

from deepseek_space.ui.turns.conversation import Conversation
from deepseek_space.ui.turns.outgoing import Outgoing

MOST_TURNS = 16  # with 40, a long chat kept typed letters waiting for half a second; see benchmarks/page.py


@dataclass(kw_only=True)
class Shown:
    """The conversation of one page, changed in place, so that what still streams into the page notices.

    ``visit`` counts the changes: coming back to a conversation is another visit. ``most_turns`` is how many of its
    latest turns are drawn, or up to twice as many: all that is drawn is compared at each update of a reply.
    ``too_long`` is what waits for the reader to choose how it is to fit the context.
    """

    conversation: Conversation = field(default_factory=Conversation)
    visit: int = 0
    most_turns: int = MOST_TURNS
    too_long: Outgoing | None = None

    def turn_to(self, conversation: Conversation) -> None:
        """Show another conversation, or this one anew."""
        self.conversation = conversation
        self.visit += 1
        self.most_turns = MOST_TURNS
        self.too_long = None

    def show_earlier(self) -> None:
        """Draw more of the turns before."""
        self.most_turns += 2 * MOST_TURNS
