import gradio as gr

from deepseek_space.backends.fake import FakeBackend
from deepseek_space.backends.script import Scene
from deepseek_space.ui.code_tab import build_code_tab
from deepseek_space.ui.controls import build_controls
from deepseek_space.ui.conversation import Conversation
from deepseek_space.ui.wiring import Generation

INDENTED = "```python\n    total += 1\n    if total:\n        return total\n```"


def test_indented_code_keeps_its_shape_in_the_editor():
    backend = FakeBackend([Scene(cue="", answer=INDENTED)], delay_s=0)
    with gr.Blocks():
        controls = build_controls()
        tab = build_code_tab(backend, controls, Generation(concurrency_limit=1))
    values = {part: part.value for part in controls.components}
    values |= {tab.task: "count", tab.language: "Python", tab.conversation: Conversation()}
    shown = [update[tab.code] for update in tab.on_run(values) if tab.code in update]
    assert tab.code.postprocess(shown[-1]) == "total += 1\nif total:\n    return total"
