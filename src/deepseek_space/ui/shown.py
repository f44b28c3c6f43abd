"""Which conversation a page shows. Knows no Gradio."""

from dataclasses import dataclass, field

from deepseek_space.ui.conversation import Conversation


@dataclass(kw_only=True)
class Shown:
    """The conversation of one page, changed in place, so that what still streams into the page notices.

    ``visit`` counts the changes: coming back to a conversation is another visit.
    """

    conversation: Conversation = field(default_factory=Conversation)
    visit: int = 0

    def turn_to(self, conversation: Conversation) -> None:
        """Show another conversation, or this one anew."""
        self.conversation = conversation
        self.visit += 1
