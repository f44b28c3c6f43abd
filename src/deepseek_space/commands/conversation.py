"""What has been said in the terminal, and the next reply to it. Knows no model and no terminal."""

from collections.abc import Iterator
from contextlib import closing

from deepseek_space.backends.base import Backend
from deepseek_space.events import Answer, Event, Reasoning, Resorted
from deepseek_space.types import Message, Request, Sampling


class Conversation:
    """Turns that alternate, after ``opening``; all are answered with the same sampling and way of thinking."""

    def __init__(
        self,
        backend: Backend,
        *,
        opening: tuple[Message, ...] = (),
        sampling: Sampling | None = None,
        thinking: bool | None = None,
    ) -> None:
        self._backend = backend
        self._opening, self._turns = opening, opening
        self._sampling = sampling or Sampling()
        self._thinking = thinking

    def ask(self, question: str) -> Iterator[Event]:
        """Yield the events of the reply to ``question``; closing the iterator ends it, and what was said stays said.

        Raises SpaceError. A question that got no answer is forgotten.
        """
        asked = (*self._turns, Message(role="user", content=question))
        thoughts, said = "", ""
        try:
            request = Request(messages=asked, sampling=self._sampling, thinking=self._thinking)
            with closing(self._backend.stream(request)) as events:
                for event in events:
                    if isinstance(event, Resorted):
                        thoughts, said = event.reasoning, event.answer
                    thoughts += event.text if isinstance(event, Reasoning) else ""
                    said += event.text if isinstance(event, Answer) else ""
                    yield event
        finally:
            if said.strip():
                self._turns = (*asked, Message(role="assistant", content=said, reasoning=thoughts))

    def forget(self) -> None:
        """Begin anew."""
        self._turns = self._opening
