"""A model that goes gives its memory back to the system, before the next one comes. Measured in a fresh process."""

import json
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[2]
SCRIPT = """
import json, sys
from pathlib import Path
import psutil
from tiny_checkpoints import save_checkpoint
from deepseek_space.models import heap
heap.share()  # as the app does when it starts
from deepseek_space.backends.local.backend import LocalBackend, LocalOptions
from deepseek_space.types import Message, Request, Sampling

folder = Path(sys.argv[1])
small, large = save_checkpoint(folder / "small"), save_checkpoint(folder / "large", hidden_size=1024, layers=12)
options = LocalOptions(model=str(small), cache_dir=folder, device="cpu", precision="bf16", local_paths=True)
backend = LocalBackend(options)
request = Request(messages=(Message(role="user", content="hi"),), sampling=Sampling(temperature=0, max_new_tokens=4))

def rss():
    return psutil.Process().memory_info().rss

def change(model):
    backend.load(str(model), precision="bf16") if model else backend.unload()
    backend.wait()
    if model:
        list(backend.stream(request))

backend.start()
backend.wait()
list(backend.stream(request))
change(small)
before = rss()
change(large)
loaded = rss()
change(small)
after_change = rss()
change(large)
change(None)
after_unload = rss()
print(json.dumps({"before": before, "loaded": loaded, "after_change": after_change, "after_unload": after_unload}))
"""


def test_resident_memory_is_back_within_15_percent(tmp_path):
    command = [
        sys.executable,
        "-c",
        f"import sys; sys.path[:0] = [{str(TESTS.parent / 'src')!r}, {str(TESTS)!r}]\n{SCRIPT}",
    ]
    finished = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, check=True, timeout=240)
    figures = json.loads(finished.stdout.splitlines()[-1])
    assert figures["loaded"] > 1.2 * figures["before"]  # otherwise this would show nothing
    assert figures["after_change"] < 1.15 * figures["before"]
    assert figures["after_unload"] < 1.15 * figures["before"]
