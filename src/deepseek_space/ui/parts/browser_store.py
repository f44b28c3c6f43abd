"""Through what a page hands things to its reader's browser to keep, unseen.

``assets/page/unsent.js`` hears it.
"""

import gradio as gr


def build_browser_store(name: str) -> gr.HTML:
    """Return a component whose values the browser keeps as ``name``; the ``at_s`` in each makes it news."""
    # In the page though unseen: Gradio runs no script of a component that is not.
    listen = f"watch('value', () => deepseekSpace.takeUnsent({name!r}, props.value));"
    return gr.HTML("", elem_id=f"browser-store-{name}", html_template="", js_on_load=listen, padding=False)
