"""Panels beside the page. ``assets/page/panels.js`` makes them behave.

A panel ``x`` is opened by whatever has the id ``x-open``. Closed it can be reached by nobody; Escape closes it; of
those on one side one is open at a time.
"""

from html import escape

import gradio as gr

WIDTH_PX = 440


def build_panel(name: str, panel_id: str, *, note: str = "") -> gr.Sidebar:
    """Place an empty panel on the right, closed; what is built inside of it stands under its name."""
    with gr.Sidebar(name, open=False, position="right", width=WIDTH_PX, elem_id=panel_id) as panel:
        panel_head(name, note=note)
    return panel


def panel_head(name: str, *, note: str = "") -> gr.HTML:
    """Place the line that stays on top of a panel: its name, from which its buttons are called, and a remark."""
    remark = f"<p>{escape(note)}</p>" if note else ""
    head = f'<div class="ds-panel-name"><h2 data-say-close="Close">{escape(name)}</h2>{remark}</div>'
    return gr.HTML(head, padding=False, elem_classes="ds-panel-head")
