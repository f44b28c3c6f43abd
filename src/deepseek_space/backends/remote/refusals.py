"""What goes wrong with a server that speaks the OpenAI protocol → errors that say what to do. Knows no connection.

What a server says of a key is not told: some repeat the key in it.
"""

import json
import re
import socket
import ssl
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx2

from deepseek_space.backends.remote.server import Server
from deepseek_space.errors import (
    EngineError,
    KeyRefused,
    ModelNotFound,
    RemoteError,
    RequestError,
    SpaceError,
    Unreachable,
)
from deepseek_space.models.downloads.transfer import Interrupted
from deepseek_space.sentences import Sentence
from deepseek_space.text.valid_text import valid
from deepseek_space.types import Sampling

BUSY_STATUS = (429, 503)
MAX_WORDS = 300  # of what a server says
MAX_LISTED = 12
_PATH = re.compile(r"^(?:[\\/~.]|[A-Za-z]:[\\/])|\\|\.gguf$", re.IGNORECASE)
_SUFFIX = re.compile(r"(?:-\d{5}-of-\d{5})?\.gguf$", re.IGNORECASE)

# What the fields of a request are called on the page.
_CONTROLS = {
    **{name: label for name, label in Sampling.LABELS.items() if name != "max_new_tokens"},
    "repeat_penalty": Sampling.LABELS["repetition_penalty"],
    "max_tokens": Sampling.LABELS["max_new_tokens"],
    "thinking_token_budget": "Thinking budget",
    "chat_template_kwargs": "Think",
    "thinking": "Think",
}


def refusal(
    server: Server, status: int, headers: Mapping[str, str], text: str, body: Mapping[str, Any], listed: Sequence[str]
) -> Exception:
    """Return the error for an answer with an HTTP ``status`` other than 200; Interrupted where that may pass.

    ``body`` is what was asked for, ``listed`` are the models that the server says it has.
    """
    host, says = server.host, _says(server, text)
    if status in BUSY_STATUS:
        wait = headers.get("retry-after", "")
        return Interrupted(
            Sentence("HTTP {status}{says}", status=status, says=says),
            retry_after_s=float(wait) if wait.isdigit() else None,
        )
    if status in (401, 403):
        return _key_refused(server, status)
    if 300 <= status < 400:
        target = server.without_key(headers.get("location", "?"))
        return RemoteError(
            "{host} redirects to {target}. Give that address with {flag}.", host=host, target=target, flag=server.flag
        )
    if status == 404:
        return _not_found(server, says, body, listed)
    if status in (400, 413, 422) and _is_json(text):
        return _refused_request(server, text, body)
    return RemoteError(
        "{host} failed with HTTP {status}{says}. Try again; if it stays so, its own log says more.",
        host=host,
        status=status,
        says=says,
    )


def broken_off(server: Server, error: object) -> EngineError:
    """Return the error for one that a server sent within its answer."""
    return EngineError(
        "{host} broke the answer off: {words}. Send the message again.",
        host=server.host,
        words=_cut(server, _message(error)),
    )


def no_protocol(server: Server, content_type: str) -> RemoteError:
    """Return the error for an answer in another form than was asked for, such as a web page."""
    what = content_type.partition(";")[0].strip() or Sentence("nothing that can be read")
    return RemoteError(
        "{host} answers with {what}, not in the OpenAI protocol. Check the address given with "
        "{flag}: most servers want /v1 at its end.",
        host=server.host,
        what=what,
        flag=server.flag,
    )


def no_json(server: Server, line: str) -> RemoteError:
    """Return the error for a piece of an answer that is no JSON object."""
    return RemoteError(
        "{host} sent a piece of the answer that is no JSON: {line}. Send the message again; if it "
        "stays so, something between here and the server damages what it sends.",
        host=server.host,
        line=repr(_cut(server, line, 80)),
    )


@contextmanager
def http_errors(server: Server) -> Generator[None, None, None]:
    """Turn what the HTTP client raises into errors of ours."""
    try:
        yield
    except httpx2.HTTPError as error:
        raise _unreachable(server, error) from error


def _unreachable(server: Server, error: httpx2.HTTPError) -> SpaceError:
    host, flag = server.host, server.flag
    if isinstance(error, httpx2.ConnectTimeout):
        return Unreachable(
            "{host} did not answer within {seconds:g} s. Check that it runs there.", host=host, seconds=server.connect_s
        )
    if isinstance(error, httpx2.TimeoutException):
        return Unreachable(
            "{host} has sent nothing for {seconds:g} s. Check that it runs and try again.",
            host=host,
            seconds=server.silence_s,
        )
    causes = list(_causes(error))
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return Unreachable(
            "{host} cannot be found. Check the address given with {flag}, and the network.", host=host, flag=flag
        )
    if refused := next((cause for cause in causes if isinstance(cause, ssl.SSLError)), None):
        return Unreachable(
            "No safe connection to {host} ({reason}). Check its certificate, or whether it wants http:// "
            "instead of https:// in {flag}.",
            host=host,
            reason=_reason(refused),
            flag=flag,
        )
    if isinstance(error, httpx2.ConnectError):
        return Unreachable(
            "{host} refuses the connection. Start the server there, or check the port in {flag}.", host=host, flag=flag
        )
    return Unreachable("The connection to {host} broke off. Send the message again.", host=host)


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _reason(error: ssl.SSLError) -> str:
    return getattr(error, "verify_message", "") or (error.reason or "TLS").replace("_", " ").lower()


def _key_refused(server: Server, status: int) -> KeyRefused:
    if not server.key:
        return KeyRefused(
            "{host} asks for a key (HTTP {status}). Set the environment variable {name} to it and start again.",
            host=server.host,
            status=status,
            name=server.key_name,
        )
    return KeyRefused(
        "{host} does not take the key (HTTP {status}). Set the environment variable {name} to a "
        "valid one and start again.",
        host=server.host,
        status=status,
        name=server.key_name,
    )


def _not_found(server: Server, says: str, body: Mapping[str, Any], listed: Sequence[str]) -> SpaceError:
    model = body.get("model")
    if model and listed and model not in listed:
        return no_such_model(server, model, listed)
    if model and says and "model" in says.lower():
        return ModelNotFound(
            "{host} has no model {model}{says}. Name another one with {flag}.",
            host=server.host,
            model=readable(model),
            says=says,
            flag=server.model_flag,
        )
    return RemoteError(
        "{host} has nothing there (HTTP 404). Check the address given with {flag}: most servers want /v1 at its end.",
        host=server.host,
        flag=server.flag,
    )


def no_such_model(server: Server, model: str, listed: Sequence[str]) -> ModelNotFound:
    """Return the error for a model that is not among those that the server says it has."""
    have = in_one_line(listed)
    return ModelNotFound(
        "{host} has no model {model}. It has: {names}. Name one with {flag}.",
        host=server.host,
        model=readable(model),
        names=have,
        flag=server.model_flag,
    )


def readable(name: str) -> str:
    """Return what visitors see of a model's name: of a file or folder of the server's own disk, its last part.

    llama.cpp calls a model by the path of its file where it is given no alias, vLLM by that of its folder.
    """
    if not _PATH.search(name):
        return name
    last = re.split(r"[\\/]", name.rstrip("\\/"))[-1]
    return _SUFFIX.sub("", last) or last


def in_one_line(listed: Sequence[str]) -> str:
    """Return the names of models in one line, the first of many."""
    more = len(listed) - MAX_LISTED
    return ", ".join(map(readable, listed[:MAX_LISTED])) + (f" and {more} more" if more > 0 else "")


def _refused_request(server: Server, text: str, body: Mapping[str, Any]) -> RequestError:
    words = _cut(server, _message(_parsed(text)))
    if control := _control(text, body):
        return RequestError(
            "{host} does not take {control} as it is set ({words}). Reset it under Parameters and send "
            "the message again.",
            host=server.host,
            control=control,
            words=words,
        )
    return RequestError(
        "{host} refuses the request: {words}. Change the message or the parameters.", host=server.host, words=words
    )


def _control(text: str, body: Mapping[str, Any]) -> str:
    """Return what the field is called on the page that ``text`` objects to; empty where it names none that was sent."""
    error = _parsed(text)
    named = error.get("param") if isinstance(error, Mapping) else None
    if named in body and named in _CONTROLS:
        return _CONTROLS[named]
    sent = [name for name in _CONTROLS if name in body]
    return next((_CONTROLS[name] for name in sent if re.search(rf"\b{name}\b", text)), "")


def _parsed(text: str) -> object:
    """Return the error that an answer holds: OpenAI's ``{"error": {…}}``, FastAPI's ``{"detail": …}``, or all of it."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    if isinstance(found, Mapping):
        return found.get("error") or found.get("detail") or found
    return found


def _is_json(text: str) -> bool:
    return not isinstance(_parsed(text), str) or text.lstrip().startswith(("{", "["))


def _message(error: object) -> str:
    if isinstance(error, Mapping) and error.get("message"):
        return str(error["message"])
    return error if isinstance(error, str) else json.dumps(error, ensure_ascii=False)


def _says(server: Server, text: str) -> str:
    said = _parsed(text)
    return f" ({_cut(server, _message(said))})" if said and _is_json(text) else ""


def _cut(server: Server, words: str, most: int = MAX_WORDS) -> str:
    text = " ".join(server.without_key(valid(words)).split()).rstrip(".")
    return text if len(text) <= most else f"{text[: most - 1]}…"
