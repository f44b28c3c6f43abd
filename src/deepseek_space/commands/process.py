"""The process that a command runs in: what it logs, how its threads wait, how it ends. Knows no model and no page."""

import gc
import logging
import os
import signal
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

# Read into the settings, and once more by Gradio: it tries a port at that address, wherever it is told to listen.
GRADIOS = ("GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT")
KEPT_KERNELS = "256"  # a step needs ten or so, of experts two hundred; the others are of prompts long read
NOISY = ("httpx", "httpx2", "httpcore", "asyncio", "matplotlib", "PIL")


def set_up(log_level: str) -> None:
    """Prepare this process, once and before it starts another, for a model that may run there or, on ZeroGPU, here."""
    logging.basicConfig(level=log_level.upper(), format="%(levelname)s %(name)s: %(message)s")
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # torch's threads spin while they wait for each other: beside another busy process nearly all time goes there.
    # A short spin keeps 95 % of the speed of an idle machine, and a usable one beside others.
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "10000")
    # From pages of 2 MB weights are read a fifth faster, and decoding is little else than reading weights.
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    # torch keeps a kernel of half a megabyte for each number of tokens that a product has met, up to a thousand each.
    for bound in ("LRU_CACHE_CAPACITY", "ONEDNN_PRIMITIVE_CACHE_CAPACITY"):
        os.environ.setdefault(bound, KEPT_KERNELS)
    for name in GRADIOS:
        os.environ.pop(name, None)
    signal.signal(signal.SIGTERM, _interrupt)


@contextmanager
def collecting_nothing() -> Generator[None]:
    """Leave out the garbage collector, as while the page is made: it finds nothing there, and takes a fifth of it.

    What is there by then stays, so that it is not looked through again.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
