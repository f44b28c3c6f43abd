"""``chat``: talk with the model in the terminal, or ask it one question, from the command line or a pipe."""

import argparse
import stat
import sys
from contextlib import closing, suppress
from dataclasses import replace
from os import fstat

from deepseek_space.backends.base import Backend
from deepseek_space.backends.heartbeat import while_loading
from deepseek_space.commands import composition, process, talk
from deepseek_space.commands.call import Call
from deepseek_space.commands.conversation import Conversation
from deepseek_space.commands.terminal import Terminal
from deepseek_space.errors import RequestError, SpaceError, UsageError
from deepseek_space.settings import ENV_PREFIX, REMOTE_KEY, add_flags, settings_of
from deepseek_space.status import Status
from deepseek_space.types import Message, Sampling

FLAGS = ("model", "remote", "precision", "device", "engine", "context", "cache_dir")
SAMPLING_FLAGS = {"temperature": float, "max_new_tokens": int, "seed": int}
INTERRUPTED = 130  # as shells count a program that Ctrl-C ended


def run(call: Call) -> int:
    """Answer what ``call`` and a pipe ask and return, or else talk until the reader ends it."""
    arguments = _parser(call).parse_args(call.words)
    settings = settings_of(arguments, call.environ)
    question = _question(arguments.question)
    _sampling(arguments, Sampling())
    # What goes wrong is told in the talk; its twin in the log is for those who ask for it.
    process.set_up(settings.log_level if call.environ.get(f"{ENV_PREFIX}LOG_LEVEL") else "critical")
    composition.check_model(settings)
    terminal = Terminal(sys.stdout, sys.stderr, call.environ)
    with closing(composition.make_backend(settings)) as backend:
        try:
            backend.start()
            conversation = _conversation(backend, _ready(backend, terminal), arguments)
            if question is not None:
                return 0 if talk.reply(conversation, question, terminal) else INTERRUPTED
            _introduce(backend.status(), terminal)
            terminal.note(f"Other models: {call.program} plan, then {call.program} chat --model NAME.")
            talk.go_on(conversation, terminal)
        except KeyboardInterrupt:
            terminal.close()
            return INTERRUPTED
    return 0


def _parser(call: Call) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"{call.program} chat",
        description=f"Talk with the model in the terminal. {talk.HELP} With a question, or text from a pipe, there is "
        "one reply: the answer goes to standard output, all else to standard error.",
        epilog=f"The key for --remote is read from {REMOTE_KEY} alone.",
    )
    parser.add_argument("question", nargs="*", metavar="QUESTION", help="what to ask; text from a pipe goes below it")
    parser.add_argument("--system", default="", metavar="TEXT", help="the system prompt")
    text = "whether to think first, for a model that can do both; default: as it is meant"
    parser.add_argument("--think", action=argparse.BooleanOptionalAction, help=text)
    for name, kind in SAMPLING_FLAGS.items():
        text = f"{Sampling.LABELS[name].lower()}; default: as the model is meant"
        parser.add_argument("--" + name.replace("_", "-"), type=kind, help=text)
    add_flags(parser, call.environ, FLAGS)
    return parser


def _question(words: list[str]) -> str | None:
    """Return what is to be asked once; None where there is to be a talk."""
    if not words and sys.stdin.isatty():
        return None
    asked = "\n\n".join(filter(str.strip, (" ".join(words), sys.stdin.read() if _is_piped() else "")))
    if not asked:
        raise UsageError("There is no question: write one after the command, or into its standard input.")
    return asked


def _is_piped() -> bool:
    # Of what is neither this nor a terminal, such as a service's socket, nobody may ever see the end.
    with suppress(OSError, ValueError):
        mode = fstat(sys.stdin.fileno()).st_mode
        return stat.S_ISFIFO(mode) or stat.S_ISREG(mode)
    return False


def _sampling(arguments: argparse.Namespace, usual: Sampling) -> Sampling:
    given = {name: value for name in SAMPLING_FLAGS if (value := getattr(arguments, name)) is not None}
    try:
        return replace(usual, **given)
    except RequestError as error:
        raise UsageError(str(error)) from error


def _ready(backend: Backend, terminal: Terminal) -> Status:
    """Return what answers, once it does; raises SpaceError if nothing comes to."""
    for status in while_loading(backend):
        terminal.progress("Loading") if status.progress is None else terminal.show(status.progress)
    terminal.progress("")
    status = backend.status()
    if status.state != "ready":
        raise SpaceError(status.error or "No model answers.")
    return status


def _conversation(backend: Backend, status: Status, arguments: argparse.Namespace) -> Conversation:
    """Return one as ``arguments`` ask for; raises UsageError for a way of thinking that the model has not."""
    if arguments.think and not status.can_think:
        raise UsageError(f"{status.model} does not think aloud; leave out --think.")
    if arguments.think is False and status.can_think and not status.can_choose_thinking:
        raise UsageError(f"{status.model} thinks before each answer; leave out --no-think.")
    system = (Message(role="system", content=arguments.system),) if arguments.system.strip() else ()
    return Conversation(
        backend, opening=system, sampling=_sampling(arguments, status.sampling), thinking=arguments.think
    )


def _introduce(status: Status, terminal: Terminal) -> None:
    where = ", ".join(filter(None, (status.precision, status.device)))
    terminal.note(" ".join(filter(None, (f"{status.model}{where and f' ({where})'}.", status.note))))
    for warning in filter(None, (status.error, *status.warnings)):
        terminal.note(warning)
