"""The clients by their names, and what the two simplest are made to do, as functions that return what was seen."""

import json
from pathlib import Path

from agents import aider, gradio_client
from client import Client, Program, Service
from evaluation import lm_eval

LITELLM = """
import json, litellm, sys
url, key, model = sys.argv[1:]
ask = dict(model=f"openai/{model}", api_base=url, api_key=key, messages=[{"role": "user", "content": "hi"}])
whole = litellm.completion(**ask)
pieces = [piece.choices[0].delta.content or "" for piece in litellm.completion(**ask, stream=True)]
tool = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}
ask["messages"] = [{"role": "user", "content": "What is the weather?"}]
calls = litellm.completion(**ask, tools=[tool]).choices[0].message.tool_calls
print(json.dumps([whole.choices[0].message.content, "".join(pieces), [call.function.name for call in calls]]))
"""


def llm(program: Program, folder: Path, service: Service) -> str:
    """Simon Willison's ``llm``, streaming and not."""
    entry = {"model_id": "ours", "model_name": service.model, "api_base": service.url, "api_key_name": "ours"}
    (folder / "extra-openai-models.yaml").write_text(json.dumps([entry]))  # JSON is YAML
    environ = {"LLM_USER_PATH": str(folder)}
    program("llm", "keys", "set", "ours", "--value", service.key, environ=environ)
    streamed = program("llm", "-m", "ours", "hi", environ=environ)
    whole = program("llm", "-m", "ours", "--no-stream", "hi", environ=environ)
    assert streamed == whole != ""
    return f"streamed and whole alike, {len(whole)} characters"


def litellm(program: Program, folder: Path, service: Service) -> str:
    """LiteLLM: whole, in pieces, and a call of a tool."""
    (folder / "ask.py").write_text(LITELLM)
    told = program("python", "ask.py", service.url, service.key, service.model)
    whole, pieces, calls = json.loads(told.splitlines()[-1])
    assert whole == pieces != ""
    assert set(calls) == {"weather"}
    return f"streamed and whole alike, {len(calls)} calls of a tool"


CLIENTS = {
    "llm": Client(act=llm, packages=("llm",)),
    "litellm": Client(act=litellm, packages=("litellm",)),
    "lm_eval": Client(act=lm_eval, packages=("lm_eval[api]", "transformers"), asks="tiny"),
    "aider": Client(act=aider, packages=("aider-chat",)),
    "gradio_js": Client(act=gradio_client, packages=("@gradio/client",), asks="page", from_npm=True),
}
