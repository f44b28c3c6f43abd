"""Where models come from: does the Hub answer, does it take the token, is there a starter? Fetches no model."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from huggingface_hub import HfApi, constants, get_session, get_token
from huggingface_hub.errors import HfHubHTTPError, HTTPError

from deepseek_space.commands.health.finding import Finding
from deepseek_space.errors import first_line
from deepseek_space.models.downloads.hub import Hub
from deepseek_space.models.starter_gguf import SMOLLM2, is_starter_here

TIMEOUT_S = 10


def look(cache_dir: Path, hub: Hub | None = None) -> Iterator[Finding]:
    """Yield findings on the Hub, its token, and the package index that the starter comes from."""
    hub = hub or Hub()
    if constants.HF_HUB_OFFLINE:
        text = "HF_HUB_OFFLINE is set: no model can be fetched, those on this disk can be loaded"
        yield Finding(verdict="warn", subject="Hub", text=text, remedy="Unset HF_HUB_OFFLINE to fetch one.")
    else:
        yield from _hub(hub)
    yield _starter(cache_dir)


def _hub(hub: Hub) -> Iterator[Finding]:
    try:
        answer = get_session().get(f"{hub.base_url}/api/models?limit=1", timeout=TIMEOUT_S)
    except HTTPError as error:
        yield _no_hub(f"{hub.base_url} cannot be reached: {first_line(error)}")
        return
    if not answer.headers.get("content-type", "").startswith("application/json"):
        yield _no_hub(f"{hub.base_url} is answered for by something else, such as a network's page for logging in")
        return
    yield Finding(verdict="ok", subject="Hub", text=f"{hub.base_url} answers")
    yield _token(hub)


def _no_hub(text: str) -> Finding:
    remedy = "Check the network and HTTPS_PROXY, or name a mirror in HF_ENDPOINT. What is on this disk can be loaded."
    return Finding(verdict="warn", subject="Hub", text=text, remedy=remedy)


def _token(hub: Hub) -> Finding:
    token = hub.token or get_token()
    if not token:
        return Finding(verdict="ok", subject="token", text="none; gated models, private ones and deploy want one")
    try:
        name = HfApi(endpoint=hub.base_url).whoami(token=token)["name"]
    except HfHubHTTPError as error:
        status, page = error.response.status_code, f"{hub.base_url}/settings/tokens"
        if status not in (401, 403):
            text, remedy = f"{hub.base_url} does not say whose it is (HTTP {status})", "Ask again in a while."
            return Finding(verdict="warn", subject="token", text=text, remedy=remedy)
        text = f"{hub.base_url} refuses it (HTTP {status}), and with it public models too"
        remedy = f"Make another at {page} and set it as HF_TOKEN or with hf auth login, or go without one."
        return Finding(verdict="fail", subject="token", text=text, remedy=remedy)
    return Finding(verdict="ok", subject="token", text=f"that of {name}")


def _starter(cache_dir: Path) -> Finding:
    if is_starter_here(cache_dir):
        return Finding(verdict="ok", subject="starter", text=f"{SMOLLM2.name} is on this disk")
    name, _, version = SMOLLM2.requirement.partition("==")
    command = [sys.executable, "-m", "pip", "index", "versions", name, "--disable-pip-version-check", "--no-input"]
    found = subprocess.run([*command, "--retries", "0", "--timeout", str(TIMEOUT_S)], capture_output=True, text=True)
    if found.returncode == 0 and version in found.stdout:
        return Finding(verdict="ok", subject="starter", text="not on this disk; the package index has it")
    text = f"not on this disk, and the package index does not give {SMOLLM2.requirement}"
    remedy = "Check the network and pip's index (pip config list), or name a model on this disk with --model FOLDER."
    return Finding(verdict="warn", subject="starter", text=text, remedy=remedy)
