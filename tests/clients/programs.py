"""What each client is made to do, as functions that return a sentence of what was seen. Knows no environment.

``program`` starts something of the client's environment in ``folder``, and returns what it printed.
"""

import json
from collections.abc import Callable
from pathlib import Path

Program = Callable[..., str]

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


def llm(program: Program, folder: Path, url: str, key: str, model: str) -> str:
    """Simon Willison's ``llm``, streaming and not."""
    entry = {"model_id": "ours", "model_name": model, "api_base": url, "api_key_name": "ours"}
    (folder / "extra-openai-models.yaml").write_text(json.dumps([entry]))  # JSON is YAML
    environ = {"LLM_USER_PATH": str(folder)}
    program("llm", "keys", "set", "ours", "--value", key, environ=environ)
    streamed = program("llm", "-m", "ours", "hi", environ=environ)
    whole = program("llm", "-m", "ours", "--no-stream", "hi", environ=environ)
    assert streamed == whole != ""
    return f"streamed and whole alike, {len(whole)} characters"


def litellm(program: Program, folder: Path, url: str, key: str, model: str) -> str:
    """LiteLLM: whole, in pieces, and a call of a tool."""
    (folder / "ask.py").write_text(LITELLM)
    whole, pieces, calls = json.loads(program("python", "ask.py", url, key, model).splitlines()[-1])
    assert whole == pieces != ""
    assert set(calls) == {"weather"}
    return f"streamed and whole alike, {len(calls)} calls of a tool"


PROGRAMS = {"llm": (llm, "llm"), "litellm": (litellm, "litellm")}
