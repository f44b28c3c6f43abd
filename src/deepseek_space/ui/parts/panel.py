"""Panels beside the page. ``assets/page/panels.js`` makes them behave.

A panel ``x`` is opened by whatever has the id ``x-open``. Closed it can be reached by nobody; Escape closes it; of
those on one side one is open at a time. It is in the page from when it is first opened: building both took two fifths
of what the page did as it started. Until then what is in it has its value, and takes another, but hears of no change.
"""

from html import escape

import gradio as gr

from deepseek_space.ui.parts.page_events import PageEvents

WIDTH_PX = 440
_BUILT = "() => ({__type__: 'update', visible: true})"


def build_panel(name: str, panel_id: str, *, note: str = "") -> gr.Sidebar:
    """Place an empty panel on the right, not in the page yet; what is built inside of it stands under its name."""
    with gr.Sidebar(name, open=False, visible=False, position="right", width=WIDTH_PX, elem_id=panel_id) as panel:
        panel_head(name, note=note)
    return panel


def register_panel(panel: gr.Sidebar, events: PageEvents) -> None:
    """Have the page build the panel when it is first opened."""
    events.draw(f"build_{panel.elem_id}", _BUILT, [], [panel])


def panel_head(name: str, *, note: str = "") -> gr.HTML:
    """Place the line that stays on top of a panel: its name, from which its buttons are called, and a remark."""
    remark = f"<p>{escape(note)}</p>" if note else ""
    head = f'<div class="ds-panel-name"><h2 data-say-close="Close">{escape(name)}</h2>{remark}</div>'
    return gr.HTML(head, padding=False, elem_classes="ds-panel-head")
