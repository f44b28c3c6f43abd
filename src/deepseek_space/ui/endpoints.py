"""The public endpoints for ``gradio_client``: /chat, /code, /complete and /status. Knows no components."""

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from deepseek_space.backends.base import Backend
from deepseek_space.chat.turns.reply import stream_turns
from deepseek_space.chat.turns.turn import Turn
from deepseek_space.errors import RequestError, SpaceError
from deepseek_space.text import codegen
from deepseek_space.text.bounds import MAX_TURNS, check_length
from deepseek_space.text.templates import END_THINK, THINK
from deepseek_space.types import Completion, Message, Request, Sampling, shown
from deepseek_space.ui.parts.controls import to_sampling
from deepseek_space.ui.parts.refusals import refusal
from deepseek_space.ui.parts.visitor import by_visitor
from deepseek_space.ui.parts.wiring import Generation
from deepseek_space.ui.sampling_arguments import Chosen, with_sampling


def add_endpoints(backend: Backend, generation: Generation) -> None:
    """Add the endpoints to the Blocks that are being built."""
    queue = {"concurrency_limit": generation.concurrency_limit, "concurrency_id": generation.concurrency_id}
    gr.api(chat_endpoint(backend), api_name="chat", **queue)
    gr.api(code_endpoint(backend), api_name="code", **queue)
    gr.api(complete_endpoint(backend), api_name="complete", **queue)
    gr.api(status_endpoint(backend), api_name="status", queue=False)


def chat_endpoint(backend: Backend) -> Callable[..., Iterator[str]]:
    """Return the function behind /chat."""

    def chat(
        message: str,
        history: list[dict[str, Any]] = [],  # noqa: B006 (gr.api publishes the default as JSON; it is never changed)
        system_prompt: str = "",
        thinking: bool | None = None,
        thinking_budget: int | None = None,
        show_thoughts: bool = False,
        *,
        chosen: Chosen,
    ) -> Iterator[str]:
        """Stream the answer to a message; each item is the whole answer so far.

        A parameter left at null takes the value recommended for the loaded model.

        Args:
            message: what to answer
            history: earlier turns as {"role": "user" or "assistant", "content": text}, oldest first
            system_prompt: instructions that come before everything
            thinking: whether to think first, for models that leave the choice; null: as the model does by default
            thinking_budget: after this many tokens of thought the model answers; 0: at once; null: no limit
            show_thoughts: put the thoughts before the answer, as <think>…</think>
        """
        yield from _answers(
            backend,
            lambda: Request(
                messages=_chat_messages(message, history, system_prompt),
                sampling=_sampling(backend, chosen),
                thinking=_choice("thinking", thinking),
                thinking_budget=thinking_budget,
            ),
            show_thoughts=bool(show_thoughts),
        )

    return with_sampling(chat, text="answer", thinks=True)


def code_endpoint(backend: Backend) -> Callable[..., Iterator[str]]:
    """Return the function behind /code."""

    def code(
        task: str,
        language: str = codegen.LANGUAGES[0],
        *,
        chosen: Chosen,
    ) -> Iterator[str]:
        """Stream code for a task with an explanation, as Markdown; each item is the whole answer so far.

        A parameter left at null takes the value recommended for the loaded model.

        Args:
            task: what the code should do
            language: the programming language, such as Python
        """
        yield from _answers(
            backend, lambda: Request(messages=_code_messages(task, language), sampling=_sampling(backend, chosen))
        )

    return with_sampling(code, text="answer", thinks=True)


def complete_endpoint(backend: Backend) -> Callable[..., Iterator[str]]:
    """Return the function behind /complete."""

    def complete(
        prefix: str,
        suffix: str = "",
        *,
        chosen: Chosen,
    ) -> Iterator[str]:
        """Stream what comes after a text, or between two; each item is all of it so far.

        It is what base models do; those that were trained for it fill gaps in code. A parameter left at null takes
        the value recommended for the loaded model.

        Args:
            prefix: the text to continue, to the character
            suffix: what comes after the gap; empty: there is none
        """
        yield from _answers(backend, lambda: _completion(prefix, suffix, _sampling(backend, chosen)))

    return with_sampling(complete, text="text", thinks=False)


def status_endpoint(backend: Backend) -> Callable[[], dict[str, Any]]:
    """Return the function behind /status."""

    def status() -> dict[str, Any]:
        """Tell which model answers, at what precision, on what device, and whether it is loaded."""
        now = backend.status()
        at = now.progress
        return {
            "model": now.model,
            "precision": now.precision,
            "device": now.device,
            "loaded": now.state == "ready",
            "state": now.state,
            "note": now.note,
            "error": now.error,
            "is_deepseek": now.is_deepseek,
            "can_chat": now.can_chat,
            "can_infill": now.can_infill,
            "can_choose_thinking": now.can_choose_thinking,
            "context_tokens": now.context_tokens,
            "memory_bytes": now.memory_bytes,
            "progress": {"stage": at.stage, "done": at.done, "total": at.total, "unit": at.unit} if at else None,
            "active_requests": now.active_requests,
            "queued_requests": now.queued_requests,
        }

    return status


def _answers(
    backend: Backend, request: Callable[[], Request | Completion], *, show_thoughts: bool = False
) -> Iterator[str]:
    try:
        asked = request()
    except SpaceError as error:
        raise refusal(error.sentence) from None
    for turn in stream_turns(backend, by_visitor(asked), Turn(question="")):
        yield _with_thoughts(turn) if show_thoughts else turn.answer
    if turn.error:
        raise refusal(turn.error)


def _with_thoughts(turn: Turn) -> str:
    """Return thoughts and answer in the words of R1, whatever the model's own are; an open thought has no end yet."""
    if not turn.reasoning:
        return turn.answer
    is_open = turn.is_thinking or turn.stopped_thinking
    return f"{THINK}\n{turn.reasoning}" + ("" if is_open else f"\n{END_THINK}\n\n{turn.answer}")


def _chat_messages(message: object, history: object, system_prompt: object) -> tuple[Message, ...]:
    question, instructions = _text("message", message), _text("system_prompt", system_prompt, default="")
    history = [] if history is None else history
    if not isinstance(history, list):
        raise RequestError(
            "history is {history}; it must be a list of earlier turns, or [] for none.", history=shown(history)
        )
    if len(history) > MAX_TURNS:
        raise RequestError(
            "history holds {count:,} messages; the most that can be sent is {limit:,}.",
            count=len(history),
            limit=MAX_TURNS,
        )
    past = [_past_message(item) for item in history if not _is_thought(item)]
    check_length("The conversation", question + instructions + "".join(turn.content for turn in past))
    system = [Message(role="system", content=instructions)] if instructions.strip() else []
    return (*system, *past, Message(role="user", content=question))


def _is_thought(item: object) -> bool:
    # Gradio's chatbot keeps thoughts as messages of their own; they never go back to the model.
    return isinstance(item, dict) and isinstance(item.get("metadata"), dict) and bool(item["metadata"].get("title"))


def _past_message(item: object) -> Message:
    """Return an earlier turn from its text, or from the parts in which Gradio's chatbot keeps it."""
    match item:
        case {"role": "user" | "assistant" | "system" as role, "content": str(content)}:
            return Message(role=role, content=content)
        case {"role": "user" | "assistant" | "system" as role, "content": list(parts)} if all(map(_is_text, parts)):
            return Message(role=role, content="".join(part["text"] for part in parts))
    raise RequestError(
        'history holds {item}; each item must be {{"role": "user", "content": "text"}}.', item=f"{item!r:.200}"
    )


def _is_text(part: object) -> bool:
    return isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)


def _code_messages(task: object, language: object) -> tuple[Message, ...]:
    wanted = _text("task", task)
    check_length("The task", wanted)
    return codegen.generation_messages(wanted, _text("language", language, default=codegen.LANGUAGES[0]))


def _completion(prefix: object, suffix: object, sampling: Sampling) -> Completion:
    before, after = _text("prefix", prefix, default=""), _text("suffix", suffix, default="")
    check_length("The code", before + after)
    return Completion(prefix=before, suffix=after, sampling=sampling)


def _choice(name: str, value: object) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise RequestError("{name} is {value}; it must be true, false or null.", name=name, value=shown(value))
    return value


def _text(name: str, value: object, *, default: str | None = None) -> str:
    # Clients send any JSON; Gradio publishes the types and checks none. Some fill with null what was left out.
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise RequestError("{name} is {value}; it must be text.", name=name, value=shown(value))
    return value


def _sampling(backend: Backend, chosen: Chosen) -> Sampling:
    recommended = backend.status().sampling
    given = {name: value for name, value in chosen.items() if value not in (None, [], "")}
    if isinstance(given.get("stop"), str):
        given["stop"] = [given["stop"]]  # OpenAI's clients may write one so, and each letter would be a stop string
    return to_sampling(**{name: given.get(name, getattr(recommended, name)) for name in chosen})
