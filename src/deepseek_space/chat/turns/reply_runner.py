"""Replies that are being written: each by a thread of its own, watched by any number of pages.

For a while no page may watch. One that was reloaded, lost its connection or stands open twice finds the conversation
again by its secret id, and goes on with all that was written meanwhile. Knows no Gradio.
"""

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

from deepseek_space.backends.base import Backend
from deepseek_space.backends.heartbeat import HEARTBEAT_S
from deepseek_space.chat.turns.conversation import Conversation, WriteLease
from deepseek_space.chat.turns.reply import stream_turns
from deepseek_space.chat.turns.turn import Turn
from deepseek_space.sentences import Sentence
from deepseek_space.types import Request

Clock = Callable[[], float]


class ReplyRunner:
    """Writes replies into their conversations.

    A reply that nobody has watched for ``grace_s`` is stopped; for as long after its last reader has left, its
    conversation can be found here. There are at most ``max_replies``; those that nobody watches make room first.
    ``inline`` has each reply written by the page that asked for it, where no thread of ours may: nobody can leave
    such a reply alone. The threads end with the backend's streams, so closing the backend ends them.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        grace_s: float = 60.0,
        max_replies: int = 128,
        inline: bool = False,
        clock: Clock = time.monotonic,
    ) -> None:
        self._backend = backend
        self._grace_s = grace_s
        self._max_replies = max_replies
        self._inline = inline
        self._clock = clock
        self._lock = threading.Lock()
        self._replies: dict[str, _Reply] = {}

    def write(
        self, conversation: Conversation, lease: WriteLease, request: Request, *, backend: Backend | None = None
    ) -> Iterator[Turn]:
        """Have the reply of ``lease`` written, and yield its turn as it grows; see ``watch``.

        ``backend`` writes it in place of the runner's own. With no room for another reply the turn ends as failed.
        """
        reply = _Reply(conversation, lease, self._clock)
        with reply.watched():
            if not self._put(reply):
                reply.refuse(Sentence("Too many replies are being written here at the moment. Try again in a minute."))
                yield reply.turn
                return
            writing = self._written(reply, request, backend or self._backend)
            if self._inline:
                yield from writing
                return
            threading.Thread(target=_exhaust, args=(writing,), name="reply", daemon=True).start()
            yield from reply.steps()

    def find(self, conversation_id: str) -> Conversation | None:
        """Return the conversation whose reply is being written, or was a moment ago; None for any other id."""
        with self._lock:
            self._drop_left()
            reply = self._replies.get(conversation_id)
            return reply.conversation if reply else None

    def watch(self, conversation_id: str) -> Iterator[Turn]:
        """Yield the turn that is being written: as it is now, as it grows, and its end.

        Yields at least once per heartbeat, changed or not. Ends at once if there is none.
        """
        with self._lock:
            reply = self._replies.get(conversation_id)
        if reply:
            with reply.watched():
                yield from reply.steps()

    def _put(self, reply: "_Reply") -> bool:
        with self._lock:
            self._drop_left()
            if len(self._replies) >= self._max_replies and not self._make_room():
                return False
            self._replies[reply.conversation.id] = reply
            return True

    def _drop_left(self) -> None:
        left = [name for name, reply in self._replies.items() if reply.is_over and reply.left_for_s > self._grace_s]
        for name in left:
            del self._replies[name]

    def _make_room(self) -> bool:
        unwatched = {name: reply for name, reply in self._replies.items() if not reply.watchers}
        if unwatched:
            name = max(unwatched, key=lambda name: (unwatched[name].is_over, unwatched[name].left_for_s))
            self._replies.pop(name).is_unwanted = True
        return bool(unwatched)

    def _written(self, reply: "_Reply", request: Request, backend: Backend) -> Iterator[Turn]:
        steps = stream_turns(backend, request, reply.turn, must_end=lambda: reply.must_end(self._grace_s))
        try:
            for turn in steps:
                if not reply.show(turn):
                    break
                yield turn
        finally:
            steps.close()
            reply.end()


def _exhaust(steps: Iterator[object]) -> None:
    for _ in steps:
        pass


class _Reply:
    """A reply on its way, and how many watch it."""

    def __init__(self, conversation: Conversation, lease: WriteLease, clock: Clock) -> None:
        self.conversation = conversation
        self.turn = lease.turn
        self.is_over = False
        self.is_unwanted = False
        self.watchers = 0
        self._lease = lease
        self._clock = clock
        self._left_s = clock()
        self._changed = threading.Condition()

    @property
    def left_for_s(self) -> float:
        """For how long nobody has watched; 0 while somebody does."""
        with self._changed:
            return 0.0 if self.watchers else self._clock() - self._left_s

    def must_end(self, grace_s: float) -> bool:
        """Whether it was stopped, overtaken, or left alone for longer than ``grace_s``."""
        return self.is_unwanted or self.conversation.must_end(self._lease) or self.left_for_s > grace_s

    @contextmanager
    def watched(self) -> Generator[None, None, None]:
        """Count one more who watches, for as long as the block lasts."""
        with self._changed:
            self.watchers += 1
        try:
            yield
        finally:
            with self._changed:
                self.watchers -= 1
                self._left_s = self._clock()

    def steps(self) -> Iterator[Turn]:
        """Yield the turn now and when it has changed, at least once per heartbeat; its end comes last."""
        while True:
            with self._changed:
                seen, is_over = self.turn, self.is_over
            yield seen
            if is_over:
                return
            self._await_change(seen)

    def _await_change(self, seen: Turn) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self.is_over or self.turn is not seen, HEARTBEAT_S)

    def show(self, turn: Turn) -> bool:
        """Write the turn and tell all who watch; False if the reply was overtaken."""
        if not self.conversation.write(self._lease, turn):
            return False
        self._tell(turn, is_over=False)
        return True

    def refuse(self, reason: str) -> None:
        """End it before it began."""
        self.show(self.turn.end("failed", self._clock(), error=reason))
        self.end()

    def end(self) -> None:
        """Leave nothing open, and let all go who watch."""
        self.conversation.close_turn(self._lease)
        self.conversation.take_files(self._lease)
        self._tell(self.turn, is_over=True)

    def _tell(self, turn: Turn, *, is_over: bool) -> None:
        with self._changed:
            self.turn, self.is_over = turn, is_over
            self._changed.notify_all()
