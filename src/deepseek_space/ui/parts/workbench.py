"""The workbench beside the thread: where the page's script draws it, and the channel through which files come to it.

``assets/page/workbench.js`` draws all of it, once the Code page is opened: components of Gradio's would be built with
every page.
"""

import gradio as gr

from deepseek_space.ui.html.workbench import workbench

_LISTEN = "watch('value', () => deepseekSpace.hearWorkspace(props.value)); deepseekSpace.startWorkbench();"


def build_workspace_channel() -> gr.HTML:
    """Return the hidden component whose values are what ``ui/html/workspace_view.py`` makes."""
    # In the page though unseen: Gradio runs no script of a component that is not.
    return gr.HTML("", elem_id="workspace", html_template="", js_on_load=_LISTEN, padding=False)


def build_workbench() -> None:
    """Place where the workbench is drawn."""
    gr.HTML(workbench(), elem_id="workbench-place", padding=False)
