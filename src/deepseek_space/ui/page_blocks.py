"""Gradio's Blocks, whose public endpoints may be called with the first few of their arguments.

``POST /gradio_api/call/chat {"data": ["Hi"]}`` is how its own documentation calls one with curl; Gradio wants all of
them there, and tells the caller nothing of it.
"""

from typing import Any

import gradio as gr
from gradio.blocks import BlockFunction


class PageBlocks(gr.Blocks):
    """Blocks that fill up what a program leaves out at the end with null, which every endpoint takes as its default."""

    def validate_inputs(self, block_fn: BlockFunction, inputs: list[Any]) -> None:
        """Fill up, then check as Gradio does."""
        if block_fn.api_visibility == "public":
            inputs.extend([None] * (len(block_fn.inputs) - len(inputs)))
        super().validate_inputs(block_fn, inputs)
