"""The Parameters panel: system prompt, presets, controls, advice where one does not suit."""

from collections.abc import Callable
from dataclasses import dataclass

import gradio as gr
from gradio.components import Component

from deepseek_space.backends.base import Backend
from deepseek_space.chat.parameters import presets
from deepseek_space.chat.parameters.advice import advice
from deepseek_space.chat.parameters.presets import Preset
from deepseek_space.chat.parameters.system_prompts import SYSTEM_PROMPTS
from deepseek_space.errors import SpaceError
from deepseek_space.status import Status
from deepseek_space.text.bounds import MAX_CHARACTERS, check_length
from deepseek_space.ui.parts.controls import Controls, Values, advice_html, build_advice, build_controls, shown_values
from deepseek_space.ui.parts.named_choices import NamedChoices, build_named_choices
from deepseek_space.ui.parts.panel import build_panel
from deepseek_space.ui.parts.refusals import show_refusal
from deepseek_space.ui.parts.wiring import QUIET, Updates
from deepseek_space.ui.words.language import say


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """The components of the panel and what happens in them."""

    backend: Backend
    panel: gr.Sidebar
    prompts: NamedChoices
    system_prompt: gr.Textbox
    system_prompt_advice: gr.HTML
    presets: NamedChoices
    controls: Controls
    reset: gr.Button

    @property
    def followed(self) -> list[Component]:
        """The components that follow the model."""
        return [*self.controls.components, *self._advised.values()]

    @property
    def _advised(self) -> dict[str, gr.HTML]:
        controls = self.controls
        return {
            "temperature": controls.temperature_advice,
            "repetition_penalty": controls.repetition_penalty_advice,
            "max_new_tokens": controls.max_new_tokens_advice,
            "system_prompt": self.system_prompt_advice,
        }

    def follow(self, values: Values, status: Status) -> Updates:
        """Return the updates that fit the model that answers."""
        controls = self.controls
        followed = controls.follow(values, status)
        has_budget = status.can_think and status.can_limit_thoughts
        thoughts = {controls.budget: gr.Textbox(visible=has_budget)} if status.state == "ready" else {}
        return {**followed, **thoughts, **self._advice({**values, **followed}, status)}

    def on_change(self, values: Values) -> Updates:
        """Say what does not fit the model."""
        return self._advice(values, self.backend.status())

    def on_reset(self) -> Updates:
        """Show the parameters recommended for the model."""
        return {
            **self.controls.show(self.backend.status().sampling),
            self.controls.budget: "",
            self.presets.picker: None,
        }

    def on_preset(self, values: Values) -> Updates:
        """Show the parameters that are picked; nothing for a name that is only being written."""
        name = self.presets.picked(values)
        preset = self.preset(name, values, self.backend.status())
        shown = self._show(preset) if preset else {}
        return {**shown, self.presets.delete: gr.Button(interactive=name in self.presets.own(values))}

    def preset(self, name: str, values: Values, status: Status) -> Preset | None:
        """Return the parameters of that name, ready-made or the reader's own; None if there are none."""
        if name in presets.READY_MADE:
            return presets.ready_made(name, status)
        return presets.from_record(self.presets.own(values).get(name))

    def on_save_preset(self, values: Values) -> Updates:
        """Keep the parameters under the name that is written."""
        preset = Preset(
            sampling=self.controls.sampling(values, self.backend.status()),
            thinking_budget=self.controls.thinking_budget(values),
        )
        return self.presets.save_entry(values, presets.to_record(preset))

    def on_prompt(self, values: Values) -> Updates:
        """Take over the system prompt that is picked."""
        name, own = self.prompts.picked(values), self.prompts.own(values)
        text = SYSTEM_PROMPTS.get(name) or own.get(name)
        taken = {self.system_prompt: text} if isinstance(text, str) and len(text) <= MAX_CHARACTERS else {}
        return {**taken, self.prompts.delete: gr.Button(interactive=name in own)}

    def on_save_prompt(self, values: Values) -> Updates:
        """Keep the system prompt under the name that is written."""
        check_length("The system prompt", values[self.system_prompt])
        return self.prompts.save_entry(values, values[self.system_prompt])

    def show_kept(self, values: Values) -> Updates:
        """Show what the browser has kept."""
        return {**self.presets.show(self.presets.own(values)), **self.prompts.show(self.prompts.own(values))}

    def _show(self, preset: Preset) -> Updates:
        # ``controls.shown`` stays: what a preset sets is the reader's choice, and does not follow the model.
        budget = "" if preset.thinking_budget is None else str(preset.thinking_budget)
        parts = self.controls.sampling_parts
        return {**dict(zip(parts, shown_values(preset.sampling), strict=True)), self.controls.budget: budget}

    def _advice(self, values: Values, status: Status) -> Updates:
        chosen = {name: values[getattr(self.controls, name)] for name in self._advised if name != "system_prompt"}
        said = advice(status, chosen, values[self.system_prompt] or "")
        return {self._advised[name]: advice_html(say(sentence)) for name, sentence in said.items()}

    def wire(self, blocks: gr.Blocks) -> None:
        """Wire all but what follows the model."""
        controls = self.controls
        settings = {self.system_prompt, *controls.components}
        judged = [controls.temperature, controls.repetition_penalty, controls.max_new_tokens, self.system_prompt]
        advised = list(self._advised.values())
        gr.on([part.change for part in judged], self.on_change, settings, advised, trigger_mode="always_last", **QUIET)
        self.reset.click(self.on_reset, None, [*controls.components, self.presets.picker], **QUIET)
        named = (
            (self.presets, self.on_preset, self.on_save_preset),
            (self.prompts, self.on_prompt, self.on_save_prompt),
        )
        for choices, pick, save in named:
            inputs, outputs = {*settings, *choices.inputs}, [*choices.outputs, *settings]
            choices.picker.input(pick, inputs, outputs, **QUIET)
            choices.save.click(_refusing(save), inputs, outputs, **QUIET)
            choices.delete.click(choices.forget, set(choices.inputs), choices.outputs, **QUIET)
        kept = {*self.presets.inputs, *self.prompts.inputs}
        blocks.load(self.show_kept, kept, [*self.presets.outputs, *self.prompts.outputs], **QUIET)


def _refusing(handler: Callable[[Values], Updates]) -> Callable[[Values], Updates]:
    def handle(values: Values) -> Updates:
        try:
            return handler(values)
        except SpaceError as error:
            show_refusal(error)
            return gr.skip()

    return handle


def build_parameters(backend: Backend) -> Parameters:
    """Place the panel where it is called for."""
    with build_panel("Parameters", "parameters", note="They take effect at the next message.") as panel:
        chosen = build_named_choices(
            "Presets",
            tuple(presets.READY_MADE),
            elem_id="presets",
            info="Pick one, or write a name and save what is set below.",
        )
        controls = build_controls()
        prompts = build_named_choices(
            "System prompts",
            tuple(SYSTEM_PROMPTS),
            elem_id="system-prompts",
            info="Pick one, or write a name and save the text below.",
        )
        system_prompt = gr.Textbox(
            "",
            label="System prompt",
            info="Instructions that come before the conversation. For the Chat tab.",
            lines=3,
            max_lines=10,
            elem_id="system-prompt",
        )
        system_prompt_advice = build_advice("system-prompt")
        with gr.Row(elem_id="parameters-actions"):
            reset = gr.Button("Reset to the model's own", size="sm", elem_id="parameters-reset")
            gr.Button("Share by link", size="sm", elem_id="share")  # assets/page/share.js hears it
        _build_link()
    chosen.kept.render()
    prompts.kept.render()
    return Parameters(
        backend=backend,
        panel=panel,
        prompts=prompts,
        system_prompt=system_prompt,
        system_prompt_advice=system_prompt_advice,
        presets=chosen,
        controls=controls,
        reset=reset,
    )


def _build_link() -> None:
    # ``assets/page/share.js`` fills it in.
    gr.HTML(
        '<div id="share-result" hidden data-say-copied="The link is copied. It carries your message, the model, the '
        'parameters you changed and the system prompt, and no conversation." data-say-copy="Copy this link:">'
        '<p role="status"></p><input type="text" readonly aria-label="Link"></div>',
        elem_id="share-place",
        padding=False,
    )
