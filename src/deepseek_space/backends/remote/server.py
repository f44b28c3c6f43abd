"""The address of a server that speaks the OpenAI protocol, and the key for it. Knows no protocol."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from deepseek_space.models.downloads.transfer import Patience


@dataclass(frozen=True, kw_only=True)
class Server:
    """Where requests go; ``url`` has been checked by whoever read it.

    ``flag``, ``model_flag`` and ``key_name`` are what the operator sets address, model and key with. ``silence_s`` is
    how long the server may send nothing: a long prompt, or a place in a long queue, takes minutes.
    """

    url: str
    key: str = field(default="", repr=False)
    flag: str = "--remote"
    model_flag: str = "--model"
    key_name: str = "DEEPSEEK_SPACE_REMOTE_KEY"
    connect_s: float = 10.0
    silence_s: float = 600.0
    patience: Patience = field(default_factory=lambda: Patience(max_failures=4, longest_retry_after_s=60.0))

    @property
    def host(self) -> str:
        """The name by which people know it, with the port where that is none of the usual."""
        return urlsplit(self.url).netloc

    def at(self, path: str) -> str:
        """Return the address of ``path`` under the server's own."""
        return f"{self.url.rstrip('/')}/{path}"

    def beside(self, path: str) -> str:
        """Return the address of ``path`` where servers keep what is none of OpenAI's."""
        return f"{self.url.rstrip('/').removesuffix('/v1')}/{path}"

    def beta(self, path: str) -> str:
        """Return the address of ``path`` where DeepSeek keeps what is not settled yet."""
        parts = urlsplit(self.url)
        return urlunsplit((parts.scheme, parts.netloc, f"/beta/{path}", "", ""))

    def without_key(self, text: str) -> str:
        """Return ``text``, which the server sent, with the key taken out."""
        return text.replace(self.key, "…") if self.key else text
