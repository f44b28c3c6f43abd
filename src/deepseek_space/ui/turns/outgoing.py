"""What is about to be sent: a new message, a new version of one, or the rest of a reply. Knows no Gradio."""

from dataclasses import dataclass
from typing import Literal

from deepseek_space.text.attachment import Attachment
from deepseek_space.ui import held
from deepseek_space.ui.turns.conversation import Conversation, Ticket
from deepseek_space.ui.turns.turn import ReplySettings, Turn

Kind = Literal["ask", "retry", "edit", "go_on"]


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A question with its documents, and how the reply is wanted; ``turn_id`` is the turn that it is not new to."""

    question: str
    files: tuple[Attachment, ...]
    settings: ReplySettings
    kind: Kind = "ask"
    turn_id: str = ""

    def past(self, conversation: Conversation) -> list[Turn]:
        """Return the turns that come before it."""
        return conversation.before(self.turn_id) if self.turn_id else conversation.turns

    def begun(self, conversation: Conversation) -> str:
        """Return what is written of the reply already, which the model reads again."""
        turn = conversation.turn(self.turn_id) if self.kind == "go_on" else None
        return turn.reasoning + turn.answer if turn else ""

    def open(self, conversation: Conversation) -> Ticket | None:
        """Open its turn; None if the one that it is about is gone.

        Raises RequestError for a blank question, BusyError where too much is held for all visitors.
        """
        held.texts.hold(conversation, conversation.characters + len(self.question))
        match self.kind:
            case "retry":
                return conversation.retry(self.turn_id, self.settings, self.files)
            case "edit":
                return conversation.edit(self.turn_id, self.question, self.settings, self.files)
            case "go_on":
                return conversation.go_on(self.turn_id, self.settings, self.files)
        return conversation.ask(self.question, self.settings, self.files)
