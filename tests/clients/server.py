"""The routes for programs alone, over scripted replies, on a port of their own: this file, run as a program."""

import sys

import uvicorn
from fastapi import FastAPI

from deepseek_space.api.access.door import Door
from deepseek_space.api.routes import install
from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.keys import read_keys

KEY = "sk-real"


def main(port: int) -> None:
    """Serve until this process is ended."""
    app = FastAPI()
    install(app, ScriptedBackend(delay_s=0), door=Door(read_keys(written=KEY)))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main(int(sys.argv[1]))
