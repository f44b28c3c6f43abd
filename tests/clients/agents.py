"""Programs that act by what they are answered: one that mends a file, and one that calls the page's own endpoints."""

import itertools
import json
from pathlib import Path

from client import Program, Service

BROKEN = "def total(numbers):\n    found = 0\n    for number in numbers:\n        found -= number\n    return found\n"
WORDS = {"message": "hello", "task": "Write Fibonacci."}
ASK = """
import { Client } from "@gradio/client";
const [url, words] = process.argv.slice(2);
const { message, task } = JSON.parse(words);
const app = await Client.connect(url);
const whole = (await app.predict("/chat", { message })).data[0];
const pieces = [];
for await (const event of app.submit("/chat", { message })) if (event.type === "data") pieces.push(event.data[0]);
const code = (await app.predict("/code", { task })).data[0];
console.log(JSON.stringify([whole, pieces, code]));
process.exit(0);
"""


def aider(program: Program, folder: Path, service: Service) -> str:
    """aider: reads a file, is told what to change by SEARCH/REPLACE, and changes it."""
    file = folder / "total.py"
    file.write_text(BROKEN)
    model = ["--model", f"openai/{service.model}", "--openai-api-base", service.url, "--openai-api-key", service.key]
    quiet = ["--no-git", "--no-check-update", "--no-show-model-warnings", "--analytics-disable", "--yes-always"]
    asked = ["--edit-format", "diff", "--map-tokens", "0", "--message", "Let it add up.", "total.py"]
    program("aider", *model, *quiet, *asked, environ={"LITELLM_LOCAL_MODEL_COST_MAP": "True"})
    assert file.read_text() == BROKEN.replace("-=", "+=")
    return "one file mended by one edit"


def gradio_client(program: Program, folder: Path, service: Service) -> str:
    """Gradio's client for browsers and Node: /chat whole and as it grows, and /code."""
    (folder / "ask.mjs").write_text(ASK)
    page = service.url.removesuffix("/v1")
    whole, pieces, code = json.loads(program("ask.mjs", page, json.dumps(WORDS)).splitlines()[-1])
    assert pieces[-1] == whole != ""
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(pieces))
    assert "def fibonacci" in code
    return f"/chat in {len(pieces)} pieces, and /code"
