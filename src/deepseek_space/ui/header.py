"""The head of the page, and how it and what depends on the model are kept up to date."""

import time
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
from gradio.components import Component

from deepseek_space.backends.base import Backend
from deepseek_space.status import Status
from deepseek_space.ui.html.model_bar import about, model_line, warning_notes
from deepseek_space.ui.html.pace import Pace
from deepseek_space.ui.html.welcome import welcome
from deepseek_space.ui.parts.composer import Composer
from deepseek_space.ui.parts.controls import Values
from deepseek_space.ui.parts.model_picker import ModelPicker
from deepseek_space.ui.parts.parameters import Parameters
from deepseek_space.ui.parts.wiring import QUIET
from deepseek_space.ui.tabs.code_tab import CodeTab
from deepseek_space.ui.tabs.compare_tab import CompareTab

LOADING_REFRESH_S = 0.5
READY_REFRESH_S = 4.0  # another reader may change the model at any time
_BRING_BACK_JS = "() => { deepseekSpace.bringBack(); deepseekSpace.openLink(); }"


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a page shows of the backend: refreshing it again sends nothing while this stays the same."""

    line: str = ""
    warnings: str = ""
    welcome: str = ""
    models: list[tuple[str, str]] = field(default_factory=list)
    pace: Pace = field(default_factory=Pace)


@dataclass(frozen=True, kw_only=True)
class HeadParts:
    """The components of the head; ``known`` is what unfolds of a model that cannot be changed, None of others."""

    line: gr.HTML
    known: gr.HTML | None
    warnings: gr.HTML


@dataclass(frozen=True, kw_only=True)
class Header:
    """The parts of the page that follow the backend; ``picker`` is None where the model cannot be changed."""

    backend: Backend
    parameters: Parameters
    composer: Composer
    code: CodeTab
    compare: CompareTab
    picker: ModelPicker | None
    seen: gr.State
    parts: HeadParts
    welcome: gr.HTML
    timer: gr.Timer
    space_id: str = ""

    def refresh(self, values: Values) -> dict[Component, Any]:
        """Return what has changed since the page was last refreshed."""
        status, seen = self.backend.status(), values[self.seen]
        pace = seen.pace.after(status.progress, time.monotonic())
        line, warnings = model_line(status, pace), warning_notes(status)
        models = self.compare.choices()
        if (line, warnings, models) == (seen.line, seen.warnings, seen.models):
            return gr.skip()
        start = welcome(status, can_change=self.picker is not None, space_id=self.space_id)
        return {
            self.parts.line: line,
            **({self.parts.known: about(status)} if self.parts.known else {}),
            self.seen: Seen(line=line, warnings=warnings, welcome=start, models=models, pace=pace),
            self.timer: gr.Timer(_refresh_s(status)),
            # Writing it anew would close what is unfolded.
            **({self.parts.warnings: warnings} if warnings != seen.warnings else {}),
            **({self.welcome: start} if start != seen.welcome else {}),
            **(self.picker.follow(values, status, pace) if self.picker else {}),
            **self.composer.follow(status),
            **self.code.follow(values, status),
            **self.compare.follow(values, status),
            **self.parameters.follow(values, status),
        }

    def wire(self, blocks: gr.Blocks) -> None:
        """Refresh when the page opens, with the timer, and after each click that changes the model."""
        clicks = self.picker.wire() if self.picker else []
        parameters = self.parameters
        inputs = {
            self.seen,
            self.code.mode,
            parameters.system_prompt,
            *parameters.controls.components,
            *self.compare.chosen,
            *(self.picker.read_to_follow if self.picker else ()),
        }
        followed = self.picker.followed if self.picker else []
        outputs = [
            self.parts.line,
            *([self.parts.known] if self.parts.known else []),
            self.parts.warnings,
            self.welcome,
            self.seen,
            self.timer,
            *followed,
            self.composer.think,
            *self.code.followed,
            *self.compare.followed,
            *parameters.followed,
        ]
        self.timer.tick(self.refresh, inputs, outputs, **QUIET)
        self.parts.line.change(None, js="() => deepseekSpace.followModel()", **QUIET)
        # What was set before and what a link carries come after what the model recommends.
        blocks.load(self.refresh, inputs, outputs, **QUIET).then(None, js=_BRING_BACK_JS, **QUIET)
        for click in clicks:
            click.success(self.refresh, inputs, outputs, **QUIET)


def _refresh_s(status: Status) -> float:
    return LOADING_REFRESH_S if status.progress or status.state == "loading" else READY_REFRESH_S
