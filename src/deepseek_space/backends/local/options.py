"""What an operator chooses of the model that runs here. Data only."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class LocalOptions:
    """What the operator chose. ``context`` 0 is what fits, in tokens.

    ``shares_prefixes`` is for an app of one person: what was read for a prompt serves every other that begins alike.
    ``local_paths`` lets ``load`` take folders and files, which is for an app that nobody else can reach.
    ``engine`` "vllm" has every model run by a vLLM server started for it, "auto" by the engines that come along.
    ``own_process`` has our own engine run in a process of its own, as llama.cpp always does; else it runs in a thread.
    ``lent_bytes`` is for ZeroGPU: the memory of a card that is lent for a reply; no thread or process of ours may serve
    a request.
    """

    model: str
    cache_dir: Path
    precision: str = "auto"
    device: str = "auto"
    engine: Literal["auto", "vllm"] = "auto"
    context: int = 0
    max_queue: int = 64
    kept_bytes: int = 0
    on_space: bool = False
    is_pinned: bool = False
    local_paths: bool = False
    shares_prefixes: bool = False
    own_process: bool = True
    lent_bytes: int = 0
