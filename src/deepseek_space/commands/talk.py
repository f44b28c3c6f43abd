"""A talk in the terminal: one reply, which Ctrl-C stops, or one after the other. Knows no flags and no model."""

import signal
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from types import FrameType

from deepseek_space.commands.conversation import Conversation
from deepseek_space.commands.terminal import Terminal
from deepseek_space.errors import SpaceError
from deepseek_space.events import Done

PROMPT = "> "
HELP = "Ctrl-C stops a reply, /new begins a new chat, Ctrl-D ends."


def go_on(conversation: Conversation, terminal: Terminal) -> None:
    """Answer what the reader writes, line by line, until they end it; what goes wrong with one reply ends no talk."""
    with suppress(ImportError):
        import readline  # noqa: F401  # lines can be edited, and come back with the arrow keys
    terminal.note(HELP)
    while (question := _asked(terminal)) is not None:
        if question == "/new":
            conversation.forget()
            terminal.note("A new chat.")
        elif question:
            try:
                reply(conversation, question, terminal)
            except SpaceError as error:
                terminal.note(str(error))


def reply(conversation: Conversation, question: str, terminal: Terminal) -> bool:
    """Show the reply to ``question``; return whether it came to its end. Raises SpaceError."""
    done = None
    try:
        with _stoppable() as stops, closing(conversation.ask(question)) as events:
            for event in events:
                terminal.show(event)
                done = event if isinstance(event, Done) else None
                if stops:
                    break
    finally:
        terminal.close()
    if done is None:
        terminal.note("Stopped.")
    elif done.usage.finish_reason == "length":
        terminal.note(f"Cut off after {done.usage.generated_tokens:,} tokens; --max-new-tokens allows more.")
    else:
        terminal.figures(done.usage)
    return done is not None


def _asked(terminal: Terminal) -> str | None:
    """Return what the reader wrote; "" after Ctrl-C, None at the end of input."""
    if not sys.stdout.isatty():  # which answers alone go to
        print(PROMPT, end="", file=sys.stderr, flush=True)
    try:
        return input(PROMPT if sys.stdout.isatty() else "").strip()
    except KeyboardInterrupt:
        print(file=sys.stderr)
        terminal.note(HELP)
        return ""
    except EOFError:
        print(file=sys.stderr)
        return None


@contextmanager
def _stoppable() -> Iterator[list[int]]:
    """Note Ctrl-C in what is yielded, as a stream is closed between two events; a second one is not waited for."""
    stops: list[int] = []

    def stop(signum: int, frame: FrameType | None) -> None:
        if stops:
            raise KeyboardInterrupt
        stops.append(signum)

    previous = signal.signal(signal.SIGINT, stop)
    try:
        yield stops
    finally:
        signal.signal(signal.SIGINT, previous)
