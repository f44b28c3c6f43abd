"""A model that a vLLM server of ours serves, talked to as any other server with the OpenAI protocol."""

from concurrent.futures import wait

from deepseek_space.backends.remote.backend import RemoteBackend
from deepseek_space.backends.remote.server import Server
from deepseek_space.backends.vllm.server import VllmServer
from deepseek_space.errors import LoadFailed
from deepseek_space.events import EventStream
from deepseek_space.status import Status
from deepseek_space.types import Completion, Request

ASKED_S = 60.0
"""For what is asked of a server that has just begun to answer: a token, and how its template ends."""


class Served:
    """The model ``name`` of ``server``, which answers. Raises LoadFailed where the server does not say what it has."""

    def __init__(self, server: VllmServer, name: str, *, context_tokens: int) -> None:
        where = Server(url=f"{server.url}/v1", key=server.key, flag="--engine vllm", key_name="VLLM_API_KEY")
        self._backend = RemoteBackend(where, model=name, context_tokens=context_tokens)
        wait([self._backend.look()], timeout=ASKED_S)
        self._known = self._backend.status()
        if self._known.state != "ready":
            self._backend.close()
            raise LoadFailed(
                "vLLM has started, and does not say which model it serves: {error}", error=self._known.error
            )

    def stream(self, request: Request | Completion) -> EventStream:
        """Yield the reply's events; see ``RemoteBackend.stream``."""
        return self._backend.stream(request)

    def status(self) -> Status:
        """Return what is known of the model, also while its server is away."""
        found = self._backend.status()
        self._known = found if found.state == "ready" else self._known
        return self._known

    def count_tokens(self, text: str) -> int:
        """Return about how many tokens ``text`` is."""
        return self._backend.count_tokens(text)

    def close(self) -> None:
        """End all streams."""
        self._backend.close()
