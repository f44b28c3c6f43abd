"""A model that a server elsewhere runs, over the OpenAI protocol.

On vLLM, SGLang, llama.cpp, DeepSeek's API and others. So the full V3 and R1 can be talked to from a machine that could
never hold them. Imports no torch.
"""

import logging
import threading
from collections.abc import Generator
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress

import anyio

from deepseek_space.backends.base import estimated_tokens
from deepseek_space.backends.heartbeat import beats
from deepseek_space.backends.remote.connection import Connection
from deepseek_space.backends.remote.dialect import asked
from deepseek_space.backends.remote.model import RemoteModel, choose, unlisted
from deepseek_space.backends.remote.probe import ServerProbe
from deepseek_space.backends.remote.reply import RemoteReply
from deepseek_space.backends.remote.server import Server
from deepseek_space.errors import BusyError, EngineStopped, KeyRefused, RemoteError, SpaceError, Unreachable
from deepseek_space.events import Done, Event, EventStream, Loading, Prefill
from deepseek_space.models.downloads.transfer import Interrupted
from deepseek_space.sentences import Sentence
from deepseek_space.status import Status
from deepseek_space.types import Completion, Request

log = logging.getLogger(__name__)

LOOK_S = 20.0  # how often to see whether the server is there, and what it has


class RemoteBackend:
    """Streams replies of ``model`` at ``server``; "" is the only model that it has.

    ``context_tokens`` is the operator's limit, 0: the server's own.
    """

    def __init__(self, server: Server, *, model: str = "", context_tokens: int = 0) -> None:
        self._server = server
        self._wanted = model
        self._context_tokens = context_tokens
        self._connection = Connection(server)
        self._lock = threading.Lock()
        self._looking: Future[None] | None = None
        self._model: RemoteModel | None = None
        self._error: SpaceError | None = None
        self._active = 0
        self._trials = ServerProbe(self._connection)
        self._has_field = False

    def start(self) -> None:
        """Begin to watch the server."""
        self._connection.spawn(self._watch)

    def stream(self, request: Request | Completion) -> EventStream:
        """Yield the reply's events; see ``Backend.stream``. Raises RemoteError and its kind besides."""
        with self._counted():
            model = yield from self._await_model(request)
            wanted = asked(self._server, model, request, has_field=self._has_field or model.has_field)
            reply = RemoteReply(wanted, model=model.title, host=model.host)
            try:
                for event in reply.events(self._connection.pieces(wanted.order)):
                    if isinstance(event, Done):
                        self._answered()
                    yield event
            except Unreachable:
                with suppress(EngineStopped):
                    self.look()
                raise
            finally:
                self._has_field = self._has_field or reply.has_field

    def status(self) -> Status:
        """Return what answers, or why nothing does."""
        model, error = self._model, self._error
        if error is None and model is not None:
            return model.describe(self._active)
        name = model.title if model else self._wanted
        if error is not None:
            return Status(
                state="failed",
                model=name,
                device=Sentence("remote: {host}", host=self._server.host),
                error=error.sentence,
            )
        stage = Loading(stage=Sentence("Asking {host} for its models", host=self._server.host))
        return Status(state="loading", model=name, loading_model=name, progress=stage)

    def count_tokens(self, text: str) -> int:
        """Return about how many tokens ``text`` is: only the server could tell, and it would have to be sent there."""
        return estimated_tokens(text)

    def close(self) -> None:
        """End all streams."""
        self._connection.close()

    def look(self) -> Future[None]:
        """Begin to find out whether the server is there and what it has, unless that is under way; return its end."""
        with self._lock:
            if self._looking is None or self._looking.done():
                self._looking = self._connection.spawn(self._look)
            return self._looking

    def _await_model(self, request: Request | Completion) -> Generator[Event, None, RemoteModel]:
        """Return the model, once it is known; asks anew where the last answer was an error. Raises SpaceError."""
        if self._model is None or self._is_untried(self._model, request):
            looking = self.look()
            for _ in beats(lambda seconds: bool(wait([looking], timeout=seconds).done)):
                yield Prefill(read=0, total=0)
        if self._model is None:
            raise self._error or EngineStopped("The app is shutting down.")
        return self._model

    def _is_untried(self, model: RemoteModel, request: Request | Completion) -> bool:
        """Tell whether ``request`` sets a limit to thoughts and nobody knows yet whether the server takes one."""
        is_limited = isinstance(request, Request) and request.thinking_budget is not None
        return is_limited and not self._trials.has_tried(model)

    def _answered(self) -> None:
        """Take back that nothing answers, where it was told, and see what does."""
        if self._error is not None:
            self._error = None
            with suppress(EngineStopped):
                self.look()

    async def _watch(self) -> None:
        while True:
            await self._look()
            await anyio.sleep(LOOK_S)

    async def _look(self) -> None:
        try:
            model = await self._choose()
            self._model, self._error = self._trials.with_known(model), None
            self._model = await self._trials.ask(model)
        except Interrupted as busy:
            if self._model is None:
                self._tell(
                    BusyError(
                        "{host} is busy ({reason}). Send the message again in a minute.",
                        host=self._server.host,
                        reason=busy,
                    )
                )
        except SpaceError as error:
            self._tell(error)

    async def _choose(self) -> RemoteModel:
        try:
            answer = await self._connection.get("models")
        except (Unreachable, KeyRefused):
            raise
        except RemoteError as error:
            if not self._wanted:
                raise
            log.info("%s", error)  # some servers list nothing, and with a name nothing has to be listed
            return unlisted(self._server, self._wanted)
        return choose(self._server, answer, self._wanted, context_tokens=self._context_tokens)

    def _tell(self, error: SpaceError) -> None:
        self._trials.forget()
        self._has_field = False
        if str(error) != str(self._error or ""):
            log.error("%s", error)
        self._error = error

    @contextmanager
    def _counted(self) -> Generator[None, None, None]:
        with self._lock:
            self._active += 1
        try:
            yield
        finally:
            with self._lock:
                self._active -= 1
