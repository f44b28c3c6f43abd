"""What the clients ask, on a port of its own: this file, run as a program with the port, what is served, and a folder.

``script`` serves the routes for programs over scripted replies, ``tiny`` over a small random model that is saved in the
folder, and ``page`` all of the app with its script.
"""

import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from deepseek_space.api.access.door import Door
from deepseek_space.api.routes import install
from deepseek_space.backends.base import Backend
from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.backends.scripted.script import SCENES, Scene
from deepseek_space.keys import read_keys

KEY = "sk-real"
FIXED = """The sign is wrong:

total.py
```python
<<<<<<< SEARCH
        found -= number
=======
        found += number
>>>>>>> REPLACE
```
"""


def main(port: int, what: str, folder: Path) -> None:
    """Serve until this process is ended."""
    if what == "page":
        from deepseek_space.cli import main as app

        raise SystemExit(app(["serve", "--model", "fake", "--port", str(port)]))
    backend = (
        _tiny(folder) if what == "tiny" else ScriptedBackend((Scene(cue="add up", answer=FIXED), *SCENES), delay_s=0)
    )
    app = FastAPI()
    install(app, backend, door=Door(read_keys(written=KEY)))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


def _tiny(folder: Path) -> Backend:
    from deepseek_space.commands.composition import make_backend
    from deepseek_space.settings import read_settings
    from tiny_checkpoints import save_checkpoint

    save_checkpoint(folder)
    flags = ["--model", str(folder), "--device", "cpu", "--precision", "fp32"]
    backend = make_backend(read_settings(flags, {"HOME": str(folder)}))
    backend.start()
    return backend


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
