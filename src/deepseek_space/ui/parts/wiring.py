"""How events are wired: generating ones queued, the others at once, all hidden from the API."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

Updates = dict[Component, Any]  # what a function of an event gives back to Gradio
QUIET: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
"""For an event that is served at once and shows nothing of itself."""


@dataclass(frozen=True, kw_only=True)
class Generation:
    """One place in Gradio's queue for all that generates; the backend does the real queueing."""

    concurrency_limit: int
    concurrency_id: str = "generation"

    def on(
        self,
        triggers: Sequence[Any],
        function: Callable[..., Any],
        inputs: Collection[Component],
        outputs: Sequence[Component],
    ) -> None:
        """Run ``function`` on any of the triggers; it gets a mapping of the inputs and yields one of the outputs.

        A page may run it many times at once: while a reply is written in one chat, another can be asked in the next.
        """
        gr.on(
            list(triggers),
            function,
            set(inputs),
            list(outputs),
            concurrency_limit=self.concurrency_limit,
            concurrency_id=self.concurrency_id,
            show_progress="hidden",
            api_visibility="private",
            trigger_mode="multiple",
        )
