"""Every error that a person may see.

The message is one clear sentence or two that hold the offending value and say what to do next.
Errors are raised deep and shown once: by ``ui`` on the page, by ``cli`` in the terminal. ::

    SpaceError
    ├── UsageError           a flag or an environment variable that cannot be used
    ├── RequestError         a request that cannot be served as it is
    │   ├── PromptTooLong    prompt + reply exceed the context
    │   ├── FieldRefused     a field of a program's request that cannot be honoured
    │   └── UnreadableFile   a file that cannot be attached
    ├── BusyError            the queue is full; try again
    │   ├── NoCard           a graphics card that is lent by the call is not lent now
    │   └── NotReady         the model that is to answer is still on its way
    ├── RemoteError          the server that answers in place of this machine cannot be used as it is
    │   ├── Unreachable      no connection to it
    │   └── KeyRefused       it wants a key, or another one
    ├── ModelError           this model cannot be used
    │   ├── ModelNotFound    no such name, folder or file
    │   ├── NotACheckpoint   the folder or file holds no model this app can read
    │   ├── Unsupported      a model that this app does not run, and what does
    │   ├── DoesNotFit       too little memory, and what would fit
    │   └── LoadFailed       reading the weights went wrong
    ├── DownloadError        the weights could not be fetched
    │   ├── NoNetwork        the index or the Hub cannot be reached
    │   ├── AccessDenied     gated or private; how to get in
    │   ├── NoSpace          the disk is too small or the folder cannot be written
    │   └── Corrupt          the bytes are not the published ones
    ├── Cancelled            somebody stopped it
    ├── DeployError          the Hub would not make a Space of this, or its build failed
    └── EngineError          generation broke off
        ├── OutOfMemory      the device ran out of memory
        └── EngineStopped    the engine has shut down or died
"""

from typing import Any

from deepseek_space.sentences import Sentence, from_json, to_json


class SpaceError(Exception):
    """Root of the tree; its message may be shown to anybody. What one process raises, another can be sent.

    ``sentence`` is the message with its values, for whoever shows it to put into another language.
    """

    def __init__(self, sentence: str, /, **values: object) -> None:
        is_whole = isinstance(sentence, Sentence) and not values
        self.sentence = sentence if is_whole else Sentence(sentence, **values)
        super().__init__(str(self.sentence))

    def __reduce__(self) -> tuple[object, ...]:
        # By default it would be made anew from its message alone, whatever its class asks for.
        return _remade, (type(self), self.args, vars(self))


def _remade(kind: type[SpaceError], args: tuple[object, ...], fields: dict[str, object]) -> SpaceError:
    error = kind.__new__(kind, *args)
    vars(error).update(fields)
    return error


class UsageError(SpaceError):
    """A flag or an environment variable that cannot be used."""


class RequestError(SpaceError):
    """A request that cannot be served as it is."""


class PromptTooLong(RequestError):
    """The prompt leaves no room for a reply.

    ``tokens_over`` says by how many tokens the prompt must shrink.
    """

    def __init__(self, *, prompt_tokens: int, context_tokens: int) -> None:
        self.tokens_over = prompt_tokens + 1 - context_tokens
        super().__init__(
            "This conversation is {prompt} tokens long, {over} more than the model can take in and still answer "
            "(context: {context}). Shorten the message or start a new chat.",
            prompt=f"{prompt_tokens:,}",
            over=f"{self.tokens_over:,}",
            context=f"{context_tokens:,}",
        )


class FieldRefused(RequestError):
    """A field of a program's request that cannot be honoured; ``field`` is its name, with dots for what it is in."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        super().__init__("{field}: {reason}", field=field, reason=reason)


class UnreadableFile(RequestError):
    """A file that cannot be attached."""


class BusyError(SpaceError):
    """The queue is full."""


class TooMany(BusyError):
    """A key or an address has asked too often, or too much at once; ``wait_s`` says when it may again."""

    def __init__(self, message: str, *, wait_s: float) -> None:
        self.wait_s = wait_s
        super().__init__(message)


class NoCard(BusyError):
    """A graphics card that is lent for each reply is not lent for this one; the message says why."""


class NotReady(BusyError):
    """The model that is to answer is still on its way."""


class RemoteError(SpaceError):
    """The server that answers in place of this machine cannot be used as it is."""


class Unreachable(RemoteError):
    """No connection to the server that answers."""


class KeyRefused(RemoteError):
    """The server that answers wants a key, or another one."""


class ModelError(SpaceError):
    """This model cannot be used."""


class ModelNotFound(ModelError):
    """No such catalogue name, Hub repository, folder or file."""


class NotACheckpoint(ModelError):
    """The folder or file exists but holds no model that this app can read."""


class Unsupported(ModelError):
    """A model that this app cannot run here; the message says what can."""


class DoesNotFit(ModelError):
    """The model needs more memory than there is; the message names what would fit."""


class LoadFailed(ModelError):
    """Reading the weights went wrong. ``log`` is what the program that was to load them printed last, if another's."""

    log: tuple[str, ...] = ()


class DownloadError(SpaceError):
    """The weights could not be fetched."""


class NoNetwork(DownloadError):
    """The package index or the Hub cannot be reached."""


class AccessDenied(DownloadError):
    """A gated or private repository."""


class NoSpace(DownloadError):
    """The disk is full, or the folder cannot be written."""


class Corrupt(DownloadError):
    """The bytes on disk are not the published ones."""


class Cancelled(SpaceError):
    """Somebody stopped it."""


class DeployError(SpaceError):
    """The Hub would not make a Space of this app, or its build failed."""


class EngineError(SpaceError):
    """Generation broke off."""


class OutOfMemory(EngineError):
    """The device ran out of memory."""


class EngineStopped(EngineError):
    """The engine has shut down or died."""


def error_to_json(error: SpaceError) -> list[Any]:
    """Return ``error`` as plain values, for another process: its kind and its sentence."""
    return [type(error).__name__, to_json(error.sentence)]


def error_from_json(values: list[Any]) -> SpaceError:
    """Return the error that ``error_to_json`` wrote; one that is more than its sentence comes as an EngineError."""
    name, sentence = values
    kind = globals().get(name)
    if isinstance(kind, type) and issubclass(kind, SpaceError) and kind.__init__ is SpaceError.__init__:
        return kind(from_json(sentence))
    return EngineError(from_json(sentence))


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether ``error`` says that memory ran out. torch's CPU allocator and cuBLAS raise a bare RuntimeError."""
    words = ("can't allocate memory", "not enough memory", "out of memory", "alloc_failed")
    return isinstance(error, MemoryError) or any(word in str(error).lower() for word in words)


def first_line(error: BaseException) -> str:
    """Return the first line of what ``error`` says, or its kind where it says nothing; of one of ours the sentence."""
    if isinstance(error, SpaceError):
        return error.sentence
    return (str(error).strip() or type(error).__name__).splitlines()[0]
