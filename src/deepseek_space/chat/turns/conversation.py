"""A conversation: its turns and their versions, and which reply is being written. Knows no Gradio.

To keep one, keep ``id``, ``tree`` and ``chosen``: plain values, and dataclasses of plain values. To have it back,
``Conversation(id=…, tree=…, chosen=…)``, with no turn in it open.
"""

import secrets
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from deepseek_space.chat.turns.turn import Rating, ReplySettings, Turn, request_for
from deepseek_space.chat.turns.turn_tree import ROOT, Place, TurnTree
from deepseek_space.chat.workspace.answers import take_answer
from deepseek_space.chat.workspace.workspace import Workspace
from deepseek_space.errors import RequestError
from deepseek_space.text.attachment import Attachment
from deepseek_space.text.edits.applying import Failure
from deepseek_space.types import Request

Files = tuple[Attachment, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class WriteLease:
    """The right to write the reply to the last of ``turns``, which are as they were when it was given out.

    So are ``work_files``, the texts of the workspace, where the reply is to be about them.
    """

    turns: tuple[Turn, ...] = ()
    work_files: dict[str, str] = field(default_factory=dict)

    @property
    def turn(self) -> Turn:
        """The turn to write: without a reply, or with the beginning of one that is to go on."""
        return self.turns[-1]

    def request(self) -> Request:
        """Return what the model is asked; raises RequestError for a blank question."""
        return request_for(self.turns, self.work_files)


@dataclass(kw_only=True)
class Conversation:
    """The turns of one chat and their versions, one of them perhaps still open. Each method is one step for threads.

    ``tree`` holds every version of every turn by its id, oldest first; ``chosen`` says which version is shown under a
    parent, where it is not the newest. ``missed`` are the edits of the latest answer that did not go into
    ``workspace``. ``id`` cannot be guessed: who knows it may read the conversation.

    One reply is written at a time. Whoever writes it holds the lease that was given out last; an older lease writes
    nothing, so a reply that was overtaken cannot spoil what came after it.
    """

    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    tree: dict[str, Turn] = field(default_factory=dict)
    chosen: dict[str, str] = field(default_factory=dict)
    workspace: Workspace = field(default_factory=Workspace)
    missed: tuple[Failure, ...] = ()
    _lease: WriteLease = field(default_factory=WriteLease)
    _stopping: bool = False

    def __post_init__(self) -> None:
        self._lock = threading.RLock()  # no field: Gradio copies the fields of what a State holds

    def __deepcopy__(self, memo: dict[int, object]) -> "Conversation":
        """Return a conversation of its own, of another id, with the same turns and without a writer.

        Gradio copies what a State begins with for each reader.
        """
        with self._lock:
            return Conversation(tree=dict(self.tree), chosen=dict(self.chosen), workspace=self.workspace)

    @property
    def turns(self) -> list[Turn]:
        """The turns that are shown, from the first to the last."""
        return [place.turn for place in self.places()]

    @property
    def characters(self) -> int:
        """How long all texts in all versions are together, documents included."""
        return sum(turn.characters for turn in list(self.tree.values())) + self.workspace.characters

    @property
    def _branches(self) -> TurnTree:
        return TurnTree(turns=self.tree, chosen=self.chosen)

    def places(self) -> list[Place]:
        """Return the turns that are shown, with the versions of each."""
        with self._lock:
            return self._branches.places()

    def before(self, turn_id: str) -> list[Turn]:
        """Return the turns that lead to a version of a turn, shown or not; none for one that is gone."""
        with self._lock:
            turn = self.tree.get(turn_id)
            return list(self._branches.way_to(turn)[:-1]) if turn else []

    def turn(self, turn_id: str) -> Turn | None:
        """Return a version of a turn, shown or not."""
        return self.tree.get(turn_id)

    @property
    def open_turn(self) -> Turn | None:
        """The turn that is being written."""
        with self._lock:
            turn = self.tree.get(self._lease.turn.id) if self._lease.turns else None
            return turn if turn and turn.state == "open" else None

    def ask(
        self, question: str, settings: ReplySettings | None = None, files: Files = (), new_id: str = ""
    ) -> WriteLease:
        """Open a new turn after the last one shown; its id is ``new_id`` where that is given."""
        with self._lock:
            parent = self.turns[-1].id if self.turns else ROOT
            turn = Turn(question=question, parent=parent, settings=settings or ReplySettings(), files=files)
            return self._open(_called(turn, new_id))

    def retry(
        self, turn_id: str = "", settings: ReplySettings | None = None, files: Files | None = None, new_id: str = ""
    ) -> WriteLease | None:
        """Open another version of a turn, or of the last one shown: the same question; None if there is no such turn.

        A version of which nothing has come gives way to the new one. Without ``settings`` and ``files`` it has its own.
        """
        with self._lock:
            old = self._find(turn_id)
            if old is None:
                return None
            lease = self._open(_called(old.another(old.question, settings, files), new_id))
            if old.is_blank and old.id not in self._branches.versions():
                self._drop(old)
            return lease

    def edit(
        self,
        turn_id: str,
        question: str,
        settings: ReplySettings | None = None,
        files: Files | None = None,
        new_id: str = "",
    ) -> WriteLease | None:
        """Open another version of a turn, with another question; None if there is no such turn."""
        with self._lock:
            old = self._find(turn_id)
            return self._open(_called(old.another(question, settings, files), new_id)) if old else None

    def go_on(
        self, turn_id: str = "", settings: ReplySettings | None = None, files: Files | None = None
    ) -> WriteLease | None:
        """Open a turn, or the last one shown, for the rest of its reply; None if nothing of it has come."""
        return self._reopen(turn_id, settings, files, close_thought=False)

    def answer_now(self, turn_id: str = "") -> WriteLease | None:
        """Close the thought of a turn, or of the last one shown, for the answer; None if it is not in a thought."""
        with self._lock:
            turn = self._find(turn_id)
            is_in_thought = turn is not None and (turn.is_thinking or turn.stopped_thinking)
            return self._reopen(turn_id, None, None, close_thought=True) if is_in_thought else None

    def write(self, lease: WriteLease, turn: Turn) -> bool:
        """Write a turn that is open; returns False, and does nothing, for an old lease."""
        with self._lock:
            if lease is not self._lease:
                return False
            self.tree[turn.id] = turn
            return True

    def stop(self) -> None:
        """Ask the writer of the open turn to end it."""
        with self._lock:
            self._stopping = True

    def must_end(self, lease: WriteLease) -> bool:
        """Whether the holder of the lease is to stop writing."""
        with self._lock:
            return self._stopping or lease is not self._lease

    def close_turn(self, lease: WriteLease) -> None:
        """Mark the turn as stopped if its writer left it open."""
        with self._lock:
            turn = self.open_turn
            if lease is self._lease and turn:
                self.tree[turn.id] = turn.end("stopped", time.monotonic())

    def change_workspace(self, change: Callable[[Workspace], Workspace]) -> None:
        """Put what ``change`` makes of the workspace in its place; what it raises leaves it as it was."""
        with self._lock:
            self.workspace = change(self.workspace)

    def take_files(self, lease: WriteLease) -> None:
        """Take in the files and edits of the answer that was written with the lease, if it was to have any."""
        with self._lock:
            turn = self.tree.get(lease.turn.id)
            if lease is self._lease and turn and turn.settings.style and turn.answer:
                taken = take_answer(self.workspace, turn.answer, turn.id)
                self.workspace = taken.workspace
                self.missed = tuple(one for one in taken.failures if one.reason != "applied already")

    def choose(self, turn_id: str, step: int) -> None:
        """Show the version ``step`` places further, or as far as there are any, and what followed it."""
        with self._lock:
            if turn := self.tree.get(turn_id):
                self._branches.choose(turn, step)

    def rate(self, turn_id: str, rating: Rating | None) -> None:
        """Note what the reader thinks of a reply that is written."""
        with self._lock:
            turn = self.tree.get(turn_id)
            if turn and turn.state != "open":
                self.tree[turn_id] = replace(turn, rating=rating)

    def leave_out(self, turn_ids: Collection[str]) -> None:
        """Have the model go on without these turns; their files stay."""
        with self._lock:
            for turn_id in self.tree.keys() & set(turn_ids):
                self.tree[turn_id] = replace(self.tree[turn_id], is_left_out=True)

    def take_in(self, turn_id: str) -> None:
        """Have the model read a turn again that was left out."""
        with self._lock:
            if turn := self.tree.get(turn_id):
                self.tree[turn_id] = replace(turn, is_left_out=False)

    def leave_out_file(self, turn_id: str, position: int) -> None:
        """Have the model go on without one document of a turn."""
        self._mark_file(turn_id, position, is_left_out=True)

    def take_in_file(self, turn_id: str, position: int) -> None:
        """Have the model read a document again that was left out."""
        self._mark_file(turn_id, position, is_left_out=False)

    def _mark_file(self, turn_id: str, position: int, *, is_left_out: bool) -> None:
        with self._lock:
            turn = self.tree.get(turn_id)
            if turn and 0 <= position < len(turn.files):
                self.put_file(turn_id, position, replace(turn.files[position], is_left_out=is_left_out))

    def put_file(self, turn_id: str, position: int, file: Attachment) -> None:
        """Put another text of a file in its place."""
        with self._lock:
            turn = self.tree.get(turn_id)
            if turn and position < len(turn.files):
                files = (*turn.files[:position], file, *turn.files[position + 1 :])
                self.tree[turn_id] = replace(turn, files=files)

    def delete(self, turn_id: str) -> None:
        """Forget this version of a turn and all that followed it; the version before it is shown, or else the next."""
        with self._lock:
            if turn := self.tree.get(turn_id):
                self._drop(turn)

    def clear(self) -> None:
        """Forget everything, an open reply included."""
        with self._lock:
            self._withdraw()
            self.tree, self.chosen, self.workspace, self.missed = {}, {}, Workspace(), ()

    def _find(self, turn_id: str) -> Turn | None:
        if turn_id:
            return self.tree.get(turn_id)
        return self.turns[-1] if self.tree else None

    def _reopen(
        self, turn_id: str, settings: ReplySettings | None, files: Files | None, *, close_thought: bool
    ) -> WriteLease | None:
        with self._lock:
            turn = self._find(turn_id)
            if turn is None or turn.is_blank:
                return None
            now_s, wanted = time.monotonic(), settings or turn.settings
            turn = turn if files is None else replace(turn, files=files)
            return self._open(turn.reopened(now_s, settings=wanted, close_thought=close_thought))

    def _open(self, turn: Turn) -> WriteLease:
        if not turn.question.strip():
            raise RequestError("The message is empty. Write something and send it again.")
        self.close_turn(self._lease)
        self.tree[turn.id] = turn
        self.chosen[turn.parent] = turn.id
        files = self.workspace.texts if turn.settings.style else {}
        self._lease, self._stopping = WriteLease(turns=self._branches.way_to(turn), work_files=files), False
        return self._lease

    def _drop(self, turn: Turn) -> None:
        gone = self._branches.drop(turn)
        if self._lease.turns and self._lease.turn.id in gone:
            self._withdraw()

    def _withdraw(self) -> None:
        self._lease, self._stopping = WriteLease(), False


def _called(turn: Turn, new_id: str) -> Turn:
    return replace(turn, id=new_id) if new_id else turn
