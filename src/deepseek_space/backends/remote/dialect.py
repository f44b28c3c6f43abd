"""A request in the words of a server: JSON for each kind of server, and how its reply is read.

What is documented is done, and the rest refused in clear words:

* vLLM: its own sampling parameters; ``chat_template_kwargs``; ``thinking_token_budget``. A reply goes on by the
  published prompt string at /completions, or by ``continue_final_message`` where that string is not known.
* SGLang and llama.cpp: their own sampling parameters (llama.cpp's defaults are not neutral, so it gets all of them) and
  ``chat_template_kwargs``; llama.cpp tells how far it has read. How they go on with a reply depends on their version.
* DeepSeek's API: ``thinking``; under /beta ``prefix``, which goes on with an answer, and ``suffix`` for a gap.
* Stop strings count for the answer: they are sent where no thought may come, and minded here besides.
* Others: OpenAI's own fields; the parameters of vLLM where they are not neutral.

Control tokens in what people write are the server's to mind.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from deepseek_space.backends.base import BYTES_PER_TOKEN
from deepseek_space.backends.remote.connection import Order
from deepseek_space.backends.remote.model import RemoteModel
from deepseek_space.backends.remote.server import Server
from deepseek_space.backends.remote.tools import message_json, tools_json
from deepseek_space.errors import RequestError, Unsupported
from deepseek_space.text.codegen import gap_end
from deepseek_space.text.reasoning import ReasoningParser
from deepseek_space.text.templates import (
    BASE_MODEL,
    THINK,
    THINKING_FAMILIES,
    begun_text,
    fim_prompt,
    render,
    without_thoughts,
)
from deepseek_space.text.thought_sorter import ThoughtSorter
from deepseek_space.types import Begun, Completion, Message, Request, Sampling

NEUTRAL = {"top_k": 0, "min_p": 0.0, "repetition_penalty": 1.0}
_LLAMACPP_NAMES = {"repetition_penalty": "repeat_penalty"}
LEAST_BYTES_PER_TOKEN = BYTES_PER_TOKEN / 2  # to be on the safe side of the context
TOKENS_PER_MESSAGE = 16


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request made ready; ``sorter`` reads the text of the reply, whose answer ends at a ``stop`` string.

    With ``is_answer`` all that comes is the answer, in whatever field: one that is gone on with has no more thoughts,
    but servers that take thoughts apart look for them anew. With ``top_logprobs`` each piece is to tell its
    tokens, and so many in their place. ``opens_with`` is how an answer begins that is held to the format asked for;
    empty: in any way. One that ``is_forced`` has to call a tool.
    """

    order: Order
    sorter: ThoughtSorter
    stop: tuple[str, ...] = ()
    is_answer: bool = False
    top_logprobs: int | None = None
    opens_with: str = ""
    is_forced: bool = False


def asked(server: Server, model: RemoteModel, request: Request | Completion, *, has_field: bool) -> Asked:
    """Return ``request`` in the words of ``server``.

    ``has_field`` says that thoughts of this server were seen to come in a field of their own.
    Raises RequestError or Unsupported for what there is no documented way to ask for.
    """
    if isinstance(request, Completion):
        return _completion(server, model, request)
    if model.is_base:
        raise Unsupported(BASE_MODEL)
    if request.begun:
        return _rest(server, model, request, request.begun)
    body = {**_fields(model, request), "messages": _messages(model, request.messages), **_mode(model, request)}
    sorter = ThoughtSorter.guessing("thought" if not has_field and _opens_in_reasoning(model, request) else "answer")
    order = _order(server.at("chat/completions"), model, request.sampling, body, may_think=_may_think(model, request))
    return Asked(
        order=order,
        sorter=sorter,
        stop=request.sampling.stop,
        top_logprobs=request.top_logprobs,
        opens_with=_opens_with(request.server_fields) if not model.can_think else "",
        is_forced=bool(request.forced_tools),
    )


def _opens_with(fields: Mapping[str, Any]) -> str:
    """Return what a format lets an answer begin with, as far as that is one sign."""
    match fields.get("response_format"):
        case {"type": "json_object"}:
            return "{"
        case {"type": "json_schema", "json_schema": {"schema": {"type": "object"}}}:
            return "{"
    return ""


def _fields(model: RemoteModel, request: Request) -> dict[str, Any]:
    """Return what goes on as it came, the tools and how they may be called, and what is asked of the tokens."""
    top = request.top_logprobs
    most = max(1, top or 0) if model.kind == "llamacpp" else top  # which tells nothing where none but its own is asked
    scores = {} if top is None else {"logprobs": True, "top_logprobs": most}
    return {**request.server_fields, **scores, **tools_json(model, request)}


def _order(url: str, model: RemoteModel, sampling: Sampling, body: dict[str, Any], *, may_think: bool = False) -> Order:
    """Return the request to ``url``.

    The stop strings of a reply that ``may_think`` are kept here, as most servers would end it in the thought that
    mentions one. Where its answer meets one it is left, so its figures are asked for as it goes.
    """
    keeps_stop = bool(sampling.stop) and may_think
    stop = {"stop": list(sampling.stop)} if sampling.stop and not keeps_stop else {}
    figures = {"continuous_usage_stats": True} if keeps_stop and model.kind in ("vllm", "sglang") else {}
    common = {"model": model.name, "stream": True, "stream_options": {"include_usage": True, **figures}}
    if model.kind == "llamacpp":
        common |= {"return_progress": True, **({"timings_per_token": True} if keeps_stop else {})}
    return Order(url=url, body={**common, **body, **stop, **_sampling(model, sampling, body)}, listed=model.listed)


def _may_think(model: RemoteModel, request: Request) -> bool:
    """Tell whether a thought may come, before an answer that a stop string is to end."""
    if model.kind == "deepseek":  # minds them in the answer alone
        return False
    if model.spec and model.spec.reasoning == "none":
        return False
    return not (request.thinking is False and model.can_choose_thinking)


def _sampling(model: RemoteModel, sampling: Sampling, body: dict[str, Any]) -> dict[str, Any]:
    names = _LLAMACPP_NAMES if model.kind == "llamacpp" else {}
    extensions = {
        names.get(name, name): getattr(sampling, name)
        for name, neutral in NEUTRAL.items()
        if getattr(sampling, name) != neutral or model.kind == "llamacpp"
    }
    return {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": _room(model, sampling, body),
        **({} if sampling.seed is None else {"seed": sampling.seed}),
        **extensions,
    }


def _room(model: RemoteModel, sampling: Sampling, body: dict[str, Any]) -> int:
    """Return the longest reply that surely fits; a server refuses a prompt and a reply that together do not."""
    texts = [*map(_text, body.get("messages", ()))] or [body["prompt"], body.get("suffix", "")]
    texts += [json.dumps(body["tools"])] if "tools" in body else []
    prompt_bytes = sum(len(text.encode("utf-8", "replace")) for text in texts)
    left = model.context_tokens - int(prompt_bytes / LEAST_BYTES_PER_TOKEN) - TOKENS_PER_MESSAGE * len(texts)
    # With none left the estimate may be wrong: the server knows.
    return min(sampling.max_new_tokens, left) if model.context_tokens and left > 0 else sampling.max_new_tokens


def _text(message: dict[str, Any]) -> str:
    calls = json.dumps(message["tool_calls"]) if "tool_calls" in message else ""
    return f"{message.get('reasoning_content', '')}{message['content'] or ''}{calls}"


def _messages(model: RemoteModel, messages: tuple[Message, ...]) -> list[dict[str, Any]]:
    """Return the conversation without its thoughts; instructions head the first question where DeepSeek says so."""
    turns = [replace(turn, content=without_thoughts(turn)) for turn in messages]
    if model.spec and not model.spec.takes_system_prompt:
        system = [turn.content for turn in turns if turn.role == "system"]
        turns = [turn for turn in turns if turn.role != "system"]
        turns[0] = replace(turns[0], content="\n\n".join([*system, turns[0].content]))
    return [message_json(turn) for turn in turns]


def _mode(model: RemoteModel, request: Request) -> dict[str, Any]:
    """Return whether and for how long to think."""
    thinking, budget = request.thinking, request.thinking_budget
    if budget == 0 and model.can_choose_thinking:
        thinking, budget = False, None
    never_thinks = model.spec is not None and model.spec.reasoning == "none"
    limit = {} if budget is None or thinking is False or never_thinks else _limit(model, budget)
    if thinking is None or not model.can_choose_thinking:
        return limit
    if model.kind == "deepseek":
        return {"thinking": {"type": "enabled" if thinking else "disabled"}, **limit}
    return {"chat_template_kwargs": {"thinking": thinking}, **limit}


def _limit(model: RemoteModel, budget: int) -> dict[str, Any]:
    if not model.can_limit_thoughts:
        raise RequestError(
            "{host} cannot limit thoughts to {budget:,} tokens. Leave Thinking budget empty under Parameters.",
            host=model.host,
            budget=budget,
        )
    return {"thinking_token_budget": budget}


def _opens_in_reasoning(model: RemoteModel, request: Request) -> bool:
    """Tell whether the text of the reply is taken to begin inside a thought."""
    is_chosen = request.thinking is not None and model.can_choose_thinking
    if model.opens_thought is not None and not is_chosen:
        return model.opens_thought
    if model.kind == "deepseek" or model.spec is None:
        return False
    if model.spec.reasoning == "hybrid":
        prompt = render(model.spec.prompt_family, request.messages, thinking=request.thinking)
        return model.can_choose_thinking and prompt.endswith(THINK)
    return model.spec.reasoning == "prefilled"


def _rest(server: Server, model: RemoteModel, request: Request, begun: Begun) -> Asked:
    """Return the request for what comes after ``begun``."""
    if model.takes_prompts:
        return _rest_by_prompt(server, model, request, begun)
    if not model.can_continue:
        raise RequestError(
            "{host} cannot go on with a reply that was cut off. Try again with more room: Maximum new "
            "tokens under Parameters.",
            host=model.host,
        )
    if not begun.answer:
        raise RequestError(
            "{host} can go on with an answer, but not with a thought. Try again with more room: Maximum "
            "new tokens under Parameters.",
            host=model.host,
        )
    last: dict[str, Any] = {"role": "assistant", "content": begun.answer}
    if model.kind == "deepseek":
        url, how = server.beta("chat/completions"), {}
        last |= {"prefix": True, **({"reasoning_content": begun.reasoning} if begun.reasoning else {})}
    else:
        url = server.at("chat/completions")
        how = {"continue_final_message": True, "add_generation_prompt": False}
    messages = [*_messages(model, request.messages), last]
    body = {**_fields(model, request), "messages": messages, **how, **_mode(model, request)}
    sorter = ThoughtSorter(ReasoningParser(expects_tags=False))
    order = _order(url, model, request.sampling, body)
    return Asked(
        order=order, sorter=sorter, stop=request.sampling.stop, is_answer=True, top_logprobs=request.top_logprobs
    )


def _rest_by_prompt(server: Server, model: RemoteModel, request: Request, begun: Begun) -> Asked:
    assert model.spec is not None  # else nobody knows how its prompts are written
    if request.tools or request.top_logprobs is not None:  # /completions has neither in chat's words
        raise RequestError(
            "{host} cannot go on with a reply where tools or logprobs are asked for. Ask for the reply from its start.",
            host=model.host,
        )
    family = model.spec.prompt_family
    thinking = begun.is_thinking or bool(begun.reasoning)
    prompt = render(family, request.messages, thinking=thinking)
    can_think = family in THINKING_FAMILIES
    beginning = begun_text(family, prompt, begun, can_think=can_think)
    parser = ReasoningParser(opens_in_reasoning=prompt.rstrip().endswith(THINK), expects_tags=can_think)
    parser.skip(beginning)
    body = {
        **request.server_fields,
        "prompt": prompt + beginning,
        "add_special_tokens": False,
        **_rest_of_budget(model, request, parser),
    }
    order = _order(server.at("completions"), model, request.sampling, body, may_think=parser.is_thinking)
    return Asked(order=order, sorter=ThoughtSorter(parser), stop=request.sampling.stop)


def _rest_of_budget(model: RemoteModel, request: Request, parser: ReasoningParser) -> dict[str, Any]:
    """Return the limit of a thought that goes on; vLLM counts what the prompt holds of it."""
    budget = request.thinking_budget
    return _limit(model, budget) if budget is not None and parser.is_thinking else {}


def _completion(server: Server, model: RemoteModel, request: Completion) -> Asked:
    sampling, url = request.sampling, server.at("completions")
    prefix = request.prefix + request.middle
    body: dict[str, Any] = {"prompt": prefix}
    if request.suffix.strip():
        if not model.can_infill:
            raise Unsupported(
                "{name} was not trained to fill gaps. Leave the part after the gap empty to continue the "
                "text before it, or load a DeepSeek Coder base model.",
                name=model.title,
            )
        sampling = replace(sampling, stop=(*sampling.stop, *gap_end(request.suffix))[:16])
        if model.kind == "deepseek":
            url, body = server.beta("completions"), {**body, "suffix": request.suffix}
        else:
            body = {"prompt": fim_prompt(prefix, request.suffix)}
    elif model.kind == "deepseek":
        url = server.beta("completions")
    sorter = ThoughtSorter(ReasoningParser(expects_tags=False))
    return Asked(order=_order(url, model, sampling, body), sorter=sorter, stop=sampling.stop)
