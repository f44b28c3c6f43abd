"""What one page shows: a conversation, and the message that is about to be sent in it. Knows no Gradio."""

from dataclasses import dataclass, field
from typing import Literal

from deepseek_space.chat import memory_quota
from deepseek_space.chat.turns.conversation import Conversation, WriteLease
from deepseek_space.chat.turns.turn import ReplySettings, Turn
from deepseek_space.chat.workspace.completion import Cursor
from deepseek_space.text.attachment import Attachment

MOST_TURNS = 16  # with 40, a long chat kept typed letters waiting for half a second; see benchmarks/page.py
Kind = Literal["ask", "retry", "edit", "go_on"]


@dataclass(frozen=True, kw_only=True)
class PendingMessage:
    """A question with its documents, and how the reply is wanted; ``turn_id`` is the turn that it is not new to.

    ``new_id`` is what its sender calls the turn that is to come of it: sent again under it, it is known.
    """

    question: str
    files: tuple[Attachment, ...]
    settings: ReplySettings
    kind: Kind = "ask"
    turn_id: str = ""
    new_id: str = ""

    def is_in(self, conversation: Conversation) -> bool:
        """Whether it was sent before."""
        if self.kind == "go_on":
            turn = conversation.open_turn
            return turn is not None and turn.id == self.turn_id
        return bool(self.new_id) and conversation.turn(self.new_id) is not None

    def past(self, conversation: Conversation) -> list[Turn]:
        """Return the turns that come before it."""
        return conversation.before(self.turn_id) if self.turn_id else conversation.turns

    def begun(self, conversation: Conversation) -> str:
        """Return what is written of the reply already, which the model reads again."""
        turn = conversation.turn(self.turn_id) if self.kind == "go_on" else None
        return turn.reasoning + turn.answer if turn else ""

    def open(self, conversation: Conversation) -> WriteLease | None:
        """Open its turn; None if the one that it is about is gone.

        Raises RequestError for a blank question, BusyError where too much is held for all visitors.
        """
        memory_quota.texts.hold(conversation, conversation.characters + len(self.question))
        match self.kind:
            case "retry":
                return conversation.retry(self.turn_id, self.settings, self.files, self.new_id)
            case "edit":
                return conversation.edit(self.turn_id, self.question, self.settings, self.files, self.new_id)
            case "go_on":
                return conversation.go_on(self.turn_id, self.settings, self.files)
        return conversation.ask(self.question, self.settings, self.files, self.new_id)


@dataclass(kw_only=True)
class PageView:
    """The conversation of one page, changed in place, so that what still streams into the page notices.

    ``visit`` counts the changes: coming back to a conversation is another visit. ``most_turns`` is how many of its
    latest turns are drawn, or up to twice as many: all that is drawn is compared at each update of a reply.
    ``shows_code`` says that the page shows the workbench, ``cursor`` which suggestion its editor waits for.
    ``too_long`` is what waits for the reader to choose how it is to fit the context.
    """

    conversation: Conversation = field(default_factory=Conversation)
    visit: int = 0
    most_turns: int = MOST_TURNS
    too_long: PendingMessage | None = None
    shows_code: bool = False
    cursor: Cursor = field(default_factory=Cursor)

    @property
    def is_about_files(self) -> bool:
        """Whether an answer is to be about the workspace: it is shown, or has something in it."""
        return self.shows_code or bool(self.conversation.workspace.files)

    def turn_to(self, conversation: Conversation) -> None:
        """Show another conversation, or this one anew."""
        self.conversation = conversation
        self.visit += 1
        self.most_turns = MOST_TURNS
        self.too_long = None

    def show_earlier(self) -> None:
        """Draw more of the turns before."""
        self.most_turns += 2 * MOST_TURNS
