"""One side of the Compare tab: model, settings, answer, and the button to go on. Sends nothing."""

from dataclasses import dataclass

import gradio as gr
from gradio.components import Component

from deepseek_space.chat.parameters import presets
from deepseek_space.chat.turns.conversation import Conversation
from deepseek_space.sentences import Sentence
from deepseek_space.ui.parts.message_view import build_message_view
from deepseek_space.ui.tabs.own_parameters import OwnParameters, build_own_parameters

AS_SET = Sentence("As in the panel")
MODELS = ("first", "second")


@dataclass(frozen=True, kw_only=True, eq=False)
class Side:
    """One of the two: its model and settings, its answer, and the conversation of one turn in which it is written."""

    model: gr.Dropdown
    settings: gr.Dropdown
    thinking: gr.Dropdown
    own: OwnParameters
    answer: gr.Chatbot
    take: gr.Button
    written: gr.State

    @property
    def inputs(self) -> list[Component]:
        """What says how the answer is wanted."""
        return [self.model, self.settings, self.thinking, *self.own.components, self.written]


def build_side(name: str, settings: str, thinking: str, models: list[tuple[str, str]]) -> Side:
    """Place the components where it is called for; ``models`` are those that can be chosen, if any."""
    with gr.Column(elem_id=f"compare-{name}", elem_classes="ds-side", min_width=280):
        with gr.Row(elem_classes="ds-side-head", equal_height=False, visible=bool(models)):
            answers = gr.Dropdown(
                models,
                value=MODELS[name == "right"] if models else None,
                label="Model",
                elem_id=f"compare-{name}-model",
            )
        with gr.Row(elem_classes="ds-side-head", equal_height=False):
            chosen = gr.Dropdown(
                [AS_SET, *presets.READY_MADE],
                value=settings,
                label="Parameters",
                elem_id=f"compare-{name}-settings",
                allow_custom_value=True,
                min_width=120,
            )
            mode = gr.Dropdown(
                choices=[("Thinks", "yes"), ("Does not think", "no")],
                value=thinking,
                label="Thinking",
                elem_id=f"compare-{name}-thinking",
                visible=False,
                min_width=120,
            )
        own = build_own_parameters(f"compare-{name}")
        answer = build_message_view(
            f"compare-{name}-answer",
            height="auto",
            follows=False,
            placeholder="The answer with these settings comes here.",
        )
        take = gr.Button(
            "Go on with this one", elem_id=f"compare-{name}-take", size="sm", visible=False, scale=0, min_width=0
        )
    written = gr.State(Conversation())
    return Side(model=answers, settings=chosen, thinking=mode, own=own, answer=answer, take=take, written=written)
