"""The public endpoints for ``gradio_client``: /chat, /code, /edit, /complete and /status. Knows no components."""

from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from deepseek_space.backends.base import Backend
from deepseek_space.chat.turns.reply import stream_turns
from deepseek_space.chat.turns.turn import Turn
from deepseek_space.chat.workspace.answers import changed_texts, take_answer
from deepseek_space.chat.workspace.workspace import Workspace
from deepseek_space.errors import RequestError, SpaceError
from deepseek_space.text import codegen
from deepseek_space.text.bounds import check_length
from deepseek_space.text.edits.instructions import files_text, instructions
from deepseek_space.text.templates import END_THINK, THINK
from deepseek_space.types import Completion, Message, Request, Sampling
from deepseek_space.ui.call_values import choice_of, files_of, past_of, sampling_of, text_of
from deepseek_space.ui.html.workspace_view import missed
from deepseek_space.ui.parts.refusals import refusal
from deepseek_space.ui.parts.visitor import by_visitor
from deepseek_space.ui.parts.wiring import Generation
from deepseek_space.ui.sampling_arguments import Chosen, with_sampling
from deepseek_space.ui.words.language import say


def add_endpoints(backend: Backend, generation: Generation) -> None:
    """Add the endpoints to the Blocks that are being built."""
    queue = {"concurrency_limit": generation.concurrency_limit, "concurrency_id": generation.concurrency_id}
    gr.api(chat_endpoint(backend), api_name="chat", **queue)
    gr.api(code_endpoint(backend), api_name="code", **queue)
    gr.api(edit_endpoint(backend), api_name="edit", **queue)
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
                sampling=sampling_of(backend, chosen),
                thinking=choice_of("thinking", thinking),
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
        history: list[dict[str, Any]] = [],  # noqa: B006 (as in chat)
        files: dict[str, str] = {},  # noqa: B006
        *,
        chosen: Chosen,
    ) -> Iterator[str]:
        """Stream code for a task with an explanation, as Markdown; each item is the whole answer so far.

        A parameter left at null takes the value recommended for the loaded model.

        Args:
            task: what the code should do
            language: the programming language, such as Python
            history: earlier turns as {"role": "user" or "assistant", "content": text}, oldest first
            files: what the code is to fit, by name; they follow the task
        """
        yield from _answers(
            backend,
            lambda: Request(
                messages=_code_messages(task, language, history, files), sampling=sampling_of(backend, chosen)
            ),
        )

    return with_sampling(code, text="answer", thinks=True)


def edit_endpoint(backend: Backend) -> Callable[..., Iterator[dict[str, Any]]]:
    """Return the function behind /edit."""

    def edit(
        instruction: str,
        files: dict[str, str] = {},  # noqa: B006 (as in chat)
        *,
        chosen: Chosen,
    ) -> Iterator[dict[str, Any]]:
        """Change files as an instruction says; the last item has the changed ones, those before the answer so far.

        Nothing is written anywhere. A parameter left at null takes the value recommended for the loaded model.

        Args:
            instruction: what to change or make
            files: the files as they are, name → text
        """
        workspace, turn = Workspace(), Turn(question="")

        def request() -> Request:
            nonlocal workspace
            workspace = files_of(files)
            messages = _edit_messages(instruction, workspace, is_able=backend.status().writes_edits)
            return Request(messages=messages, sampling=sampling_of(backend, chosen))

        for turn in _turns(backend, request):
            yield {"answer": turn.answer, "files": {}, "not_applied": [], "finish_reason": None}
        yield _edited(workspace, turn)

    return with_sampling(edit, text="answer", thinks=True)


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
        yield from _answers(backend, lambda: _completion(prefix, suffix, sampling_of(backend, chosen)))

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
    for turn in _turns(backend, request):
        yield _with_thoughts(turn) if show_thoughts else turn.answer


def _turns(backend: Backend, request: Callable[[], Request | Completion]) -> Iterator[Turn]:
    try:
        asked = request()
    except SpaceError as error:
        raise refusal(error.sentence) from None
    for turn in stream_turns(backend, by_visitor(asked), Turn(question="")):
        yield turn
    if turn.error:
        raise refusal(turn.error)


def _with_thoughts(turn: Turn) -> str:
    """Return thoughts and answer in the words of R1, whatever the model's own are; an open thought has no end yet."""
    if not turn.reasoning:
        return turn.answer
    is_open = turn.is_thinking or turn.stopped_thinking
    return f"{THINK}\n{turn.reasoning}" + ("" if is_open else f"\n{END_THINK}\n\n{turn.answer}")


def _chat_messages(message: object, history: object, system_prompt: object) -> tuple[Message, ...]:
    question, orders = text_of("message", message), text_of("system_prompt", system_prompt, default="")
    past = past_of(history)
    check_length("The conversation", question + orders + "".join(turn.content for turn in past))
    system = [Message(role="system", content=orders)] if orders.strip() else []
    return (*system, *past, Message(role="user", content=question))


def _code_messages(task: object, language: object, history: object, files: object) -> tuple[Message, ...]:
    wanted, past = text_of("task", task), past_of(history)
    shown_files = files_text(files_of(files).texts)
    check_length("The task", wanted + shown_files + "".join(turn.content for turn in past))
    named = text_of("language", language, default=codegen.LANGUAGES[0])
    return (*past, *codegen.generation_messages(wanted, named, shown_files))


def _edit_messages(instruction: object, workspace: Workspace, *, is_able: bool) -> tuple[Message, ...]:
    wanted = text_of("instruction", instruction)
    if not wanted.strip():
        raise RequestError("The instruction is empty. Say what to change and send it again.")
    asked = wanted + files_text(workspace.texts)
    check_length("The instruction", asked)
    system = instructions("edits" if is_able else "files")
    return (Message(role="system", content=system), Message(role="user", content=asked))


def _edited(before: Workspace, turn: Turn) -> dict[str, Any]:
    """Return what /edit answers in the end: what an answer makes of the files, and what of it could not be applied."""
    taken = take_answer(before, turn.answer, turn.id)
    refused = [
        (path, {"reason": say(error.sentence), "line": 0, "sought": "", "nearest": ""}) for path, error in taken.refused
    ]
    failed = [(one.path, missed(one)) for one in taken.failures]
    return {
        "answer": turn.answer,
        "files": changed_texts(before, taken.workspace),
        "not_applied": [_not_applied(path, told) for path, told in failed + refused],
        "finish_reason": turn.usage.finish_reason if turn.usage else None,
    }


def _not_applied(path: str, told: dict[str, Any]) -> dict[str, Any]:
    # Gradio's client takes whatever has a "path" for a file to be fetched.
    return {"file": path} | {name: value for name, value in told.items() if name != "path"}


def _completion(prefix: object, suffix: object, sampling: Sampling) -> Completion:
    before, after = text_of("prefix", prefix, default=""), text_of("suffix", suffix, default="")
    check_length("The code", before + after)
    return Completion(prefix=before, suffix=after, sampling=sampling)
