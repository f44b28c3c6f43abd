"""What is known of a server's model: from the server, and from the catalogue if it is there.

Knows no connection. What differs between kinds of servers is in ``dialect``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from deepseek_space.backends.remote.refusals import in_one_line, no_such_model, readable
from deepseek_space.backends.remote.server import Server
from deepseek_space.errors import ModelNotFound, RemoteError
from deepseek_space.models import catalog
from deepseek_space.models.checkpoints import v3, v4
from deepseek_space.models.shape.model_spec import ModelSpec
from deepseek_space.sentences import Sentence, joined
from deepseek_space.status import Status
from deepseek_space.text.valid_text import valid
from deepseek_space.types import Sampling

Kind = Literal["vllm", "sglang", "llamacpp", "deepseek", "transformers", "other"]

_KINDS: dict[str, Kind] = {"vllm": "vllm", "sglang": "sglang", "llamacpp": "llamacpp", "deepseek": "deepseek"}
# They hand ``chat_template_kwargs`` on to the checkpoint's own template.
_RENDERS_TEMPLATES = ("vllm", "sglang", "llamacpp")
_TOOLS = frozenset({"tool_choice", "parallel_tool_calls"})
_OPENAI_FIELDS = frozenset({"presence_penalty", "frequency_penalty", "logit_bias", "response_format"}) | _TOOLS
_LOGPROBS = frozenset({"logprobs", "top_logprobs"})
# What is documented to change the reply. DeepSeek's API takes no notice of the penalties while it thinks, and
# `transformers serve` none of a format, a forced call or probabilities.
PASSES_ON: dict[Kind, frozenset[str]] = {
    "vllm": _OPENAI_FIELDS | {"min_tokens", "ignore_eos", "structured_outputs"},
    "sglang": _OPENAI_FIELDS | {"min_tokens", "ignore_eos", "regex", "ebnf"},
    "llamacpp": _OPENAI_FIELDS | {"ignore_eos", "grammar", "json_schema"},
    "deepseek": frozenset({"response_format", "tool_choice"}),
    "transformers": frozenset({"logit_bias"}),
    "other": _OPENAI_FIELDS,
}
_ALWAYS_ONE_MODE = ("deepseek-chat", "deepseek-reasoner")  # names that are the choice
_OF_THIS_MACHINE = (v3.CLUSTER, v4.CLUSTER, v4.NO_TEMPLATE)
NOT_KNOWN = Sentence("The chat template and the limits are those set there.")
_DEEPSEEK_WARNINGS = (Sentence("When it thinks, DeepSeek's own API takes no notice of the temperature."),)


@dataclass(frozen=True, kw_only=True)
class RemoteModel:
    """The model that answers. ``context_tokens`` 0: the server does not tell; ``listed`` are all names it has.

    ``can_limit_thoughts`` says that the server takes a limit to them, ``has_field`` that they come in a field of their
    own, ``opens_thought`` that its own template ends in one, ``calls_tools`` that it shows tools, None: it does not
    say; see ``ServerProbe``.
    """

    name: str
    host: str
    kind: Kind = "other"
    spec: ModelSpec | None = None
    context_tokens: int = 0
    listed: tuple[str, ...] = ()
    can_limit_thoughts: bool = False
    has_field: bool = False
    opens_thought: bool | None = None
    calls_tools: bool | None = None

    @property
    def title(self) -> str:
        """The name for people; DeepSeek's own service puts other models behind a name as time goes on."""
        return self.spec.title if self.spec and self.kind != "deepseek" else readable(self.name)

    @property
    def is_base(self) -> bool:
        """Whether it continues text and does not chat."""
        return self.spec is not None and not self.spec.is_chat

    @property
    def can_think(self) -> bool:
        """Whether replies may hold thoughts, as far as is known before the first."""
        if self.spec:
            return self.spec.reasoning != "none"
        if self.kind == "deepseek":
            return self.name != "deepseek-chat"
        return self.can_limit_thoughts or bool(self.opens_thought)

    @property
    def can_choose_thinking(self) -> bool:
        """Whether there is a documented way to switch thoughts on and off."""
        if self.kind == "deepseek":
            return self.name not in _ALWAYS_ONE_MODE
        return self.spec is not None and self.spec.reasoning == "hybrid" and self.kind in _RENDERS_TEMPLATES

    @property
    def can_infill(self) -> bool:
        """Whether the model was trained to fill a gap, and there is a way to ask its server.

        vLLM and llama.cpp take the family's prompt string as it is, its control tokens included.
        """
        if self.kind == "deepseek":
            return self.name != "deepseek-reasoner"
        return self.spec is not None and self.spec.fim and self.kind in ("vllm", "llamacpp")

    @property
    def takes_prompts(self) -> bool:
        """Whether the published prompt string can be sent as it is, thoughts included.

        vLLM can be told that BOS is in it already. Coder's system text differs between copies: its own template knows.
        """
        family = self.spec.prompt_family if self.spec else "own"
        return self.kind == "vllm" and family not in ("own", "base", "coder")

    @property
    def can_continue(self) -> bool:
        """Whether a reply that was cut off can be gone on with."""
        return self.kind in ("vllm", "deepseek")

    def describe(self, active_requests: int) -> Status:
        """Return what the page is to know of it."""
        spec = self.spec
        told = tuple(warning for warning in spec.warnings if warning not in _OF_THIS_MACHINE) if spec else ()
        return Status(
            state="ready",
            model=self.title,
            note=joined(Sentence("Runs on {host}.", host=self.host), spec.strengths if spec else NOT_KNOWN),
            warnings=(*told, *(_DEEPSEEK_WARNINGS if self.kind == "deepseek" and self.can_think else ())),
            device=Sentence("remote: {host}", host=self.host),
            context_tokens=self.context_tokens,
            is_deepseek=spec is not None or self.kind == "deepseek",
            can_think=self.can_think,
            can_choose_thinking=self.can_choose_thinking,
            can_limit_thoughts=self.can_limit_thoughts,
            can_answer_now=self.takes_prompts,
            can_continue=self.can_continue,
            takes_system_prompt=spec.takes_system_prompt if spec else True,
            can_chat=not self.is_base,
            can_infill=self.can_infill,
            tool_format="none" if self.is_base or self.calls_tools is False else "server",
            # Of a model that is not known a server speaks: it is rarely a small one.
            writes_edits=spec.writes_edits if spec else True,
            passes_on=PASSES_ON[self.kind],
            honours=frozenset() if self.kind == "transformers" or self.is_base else _LOGPROBS,
            sampling=(spec and spec.sampling) or Sampling(),
            active_requests=active_requests,
        )


def choose(server: Server, answer: object, wanted: str, *, context_tokens: int = 0) -> RemoteModel:
    """Return the ``wanted`` model of those in the ``answer`` to /models; "" is the only one there is.

    ``context_tokens`` is the operator's limit, 0: none.
    Raises ModelNotFound, with the names that there are, and RemoteError where the answer is no list of models.
    """
    cards = _cards(server, answer)
    if not wanted and not cards:
        raise ModelNotFound("{host} lists no model. Name one with {flag}.", host=server.host, flag=server.model_flag)
    if not wanted and len(cards) > 1:
        have = in_one_line(tuple(cards))
        raise ModelNotFound(
            "{host} has several models: {names}. Name one with {flag}.",
            host=server.host,
            names=have,
            flag=server.model_flag,
        )
    name = _named(cards, wanted) if wanted else next(iter(cards))
    if cards and name not in cards:
        raise no_such_model(server, name, tuple(cards))
    card = cards.get(name, {})
    limits = [limit for limit in (_context_tokens(card), context_tokens) if limit]
    return RemoteModel(
        name=name,
        host=server.host,
        kind=_kind(server, card),
        spec=catalog.served_as(name) or catalog.served_as(str(card.get("root") or "")),
        context_tokens=min(limits, default=0),
        listed=tuple(cards),
    )


def unlisted(server: Server, wanted: str) -> RemoteModel:
    """Return the model that was asked for by name, of a server that lists none."""
    return RemoteModel(name=wanted, host=server.host, kind=_kind(server, {}), spec=catalog.served_as(wanted))


def _named(cards: Mapping[str, Mapping[str, object]], wanted: str) -> str:
    """Return the id of the ``wanted`` model: that itself, another name it has, or the readable part of a path."""
    if wanted in cards:
        return wanted
    aliases = {alias: name for name, card in cards.items() for alias in _aliases(card)}
    readables = [name for name in cards if readable(name) == wanted]
    return aliases.get(wanted) or (readables[0] if len(readables) == 1 else wanted)


def _aliases(card: Mapping[str, object]) -> list[str]:
    found = card.get("aliases")
    return [alias for alias in found if isinstance(alias, str)] if isinstance(found, list) else []


def _cards(server: Server, answer: object) -> dict[str, Mapping[str, object]]:
    data = answer.get("data") if isinstance(answer, Mapping) else answer
    if not isinstance(data, list):
        raise RemoteError(
            "{host} answers to /models with something that is no list of models. Check the address given "
            "with {flag}: most servers want /v1 at its end.",
            host=server.host,
            flag=server.flag,
        )
    named = [card for card in data if isinstance(card, Mapping) and isinstance(card.get("id"), str)]
    return {valid(card["id"]): card for card in named}


def _kind(server: Server, card: Mapping[str, object]) -> Kind:
    if server.host.endswith("api.deepseek.com"):
        return "deepseek"
    known = _KINDS.get(str(card.get("owned_by")).lower())
    # `transformers serve` tells the author there, and beside it whether the model is in memory.
    return known or ("transformers" if isinstance(card.get("status"), Mapping) else "other")


def _context_tokens(card: Mapping[str, object]) -> int:
    """Return prompt plus reply: vLLM's and SGLang's word for it, OpenRouter's, and llama.cpp's."""
    meta = card.get("meta")
    inner = meta if isinstance(meta, Mapping) else {}
    found = (card.get("max_model_len"), card.get("context_length"), inner.get("n_ctx"))
    return next((limit for limit in found if isinstance(limit, int) and limit > 0), 0)
