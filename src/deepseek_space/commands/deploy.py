"""``deploy``: this app as a Hugging Face Space, made or brought up to date, and followed until it serves."""

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deepseek_space.commands.call import Call
from deepseek_space.errors import UsageError
from deepseek_space.settings import ENV_PREFIX, REMOTE_KEY

if TYPE_CHECKING:
    from deepseek_space.commands.hub_space import HubSpace

ROOT = Path(__file__).parents[3]
NEEDED = ("app.py", "requirements.txt", "README.md", "LICENSE")
MESSAGE = "Deploy DeepSeek Space"
BUILD_TIMEOUT_S = 60 * 60


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """What is to be there in the end. ``hardware`` None leaves what a Space has that is there already."""

    name: str
    files: Mapping[str, bytes]
    hardware: str | None
    is_private: bool
    variables: Mapping[str, str]
    secrets: Mapping[str, str]

    def lines(self) -> Iterator[str]:
        """Yield what would be done, in lines that hold no secret."""
        who = "private" if self.is_private else "public"
        yield f"The Space {self.name} ({who}, Gradio, {self.hardware or 'hardware as it is, or the Hub’s default'})"
        for key, value in self.variables.items():
            yield f"  variable  {key}={value}"
        for key in self.secrets:
            yield f"  secret    {key}"
        for path, content in self.files.items():
            yield f"  file      {path} ({len(content):,} bytes)"
        yield f"  {len(self.files)} files, {sum(map(len, self.files.values())):,} bytes; what else is there is removed"


def run(call: Call) -> int:
    """Deploy as the words of ``call`` ask for, or print what would be done."""
    arguments = _parser(call.program).parse_args(call.words)
    deployment = planned(arguments, call.environ, root=ROOT)
    if arguments.dry_run:
        print("\n".join(deployment.lines()))
        return 0
    from deepseek_space.commands.hub_space import HubSpace

    deploy(deployment, HubSpace(name=deployment.name))
    return 0


def deploy(deployment: Deployment, space: "HubSpace") -> None:
    """Make or change the Space, and follow its build until it serves. Raises DeployError."""
    print(f"Creating {space.address}, or finding it there …", flush=True)
    space.create(hardware=deployment.hardware, is_private=deployment.is_private)
    space.set_up(variables=deployment.variables, secrets=deployment.secrets)
    print(f"Uploading {len(deployment.files)} files …", flush=True)
    for path in space.fill(deployment.files, message=MESSAGE):
        print(f"  removed {path}", flush=True)
    for stage in space.build_stages(timeout_s=BUILD_TIMEOUT_S):
        print(f"  {stage.lower().replace('_', ' ')}", flush=True)
    print(f"Open at {space.address}", flush=True)


def planned(arguments: argparse.Namespace, environ: Mapping[str, str], *, root: Path) -> Deployment:
    """Return what ``arguments`` ask for, with the files below ``root``. Raises UsageError."""
    variables = dict(_pair("--variable", word) for word in arguments.variable)
    if arguments.model:
        variables[f"{ENV_PREFIX}MODEL"] = arguments.model
    if arguments.remote:
        variables[f"{ENV_PREFIX}REMOTE"] = arguments.remote
    return Deployment(
        name=_name(arguments.space),
        files=_files(root, model=arguments.model, hardware=arguments.hardware, is_remote=bool(arguments.remote)),
        hardware=arguments.hardware,
        is_private=arguments.private,
        variables=variables,
        secrets=dict(_secret(word, environ) for word in arguments.secret),
    )


def _parser(program: str) -> argparse.ArgumentParser:
    from huggingface_hub import SpaceHardware

    parser = argparse.ArgumentParser(
        prog=f"{program} deploy",
        description="Make this app a Hugging Face Space, or bring one up to date, and follow it until it serves.",
        epilog=f"Needs a token that may write: `hf auth login`, or HF_TOKEN. For --remote: --secret {REMOTE_KEY}.",
    )
    parser.add_argument("space", metavar="USER/NAME")
    parser.add_argument("--model", default="", help="the model it answers with; else what fits its hardware")
    parser.add_argument("--remote", default="", metavar="URL", help="a server whose model answers instead")
    parser.add_argument("--hardware", choices=[item.value for item in SpaceHardware], help="such as zero-a10g")
    parser.add_argument("--private", action="store_true", help="for you alone, where the Space is new")
    parser.add_argument("--variable", action="append", default=[], metavar="NAME=VALUE", help="everybody can read it")
    parser.add_argument(
        "--secret", action="append", default=[], metavar="NAME[=VALUE]", help="without a value: that of the environment"
    )
    parser.add_argument("--dry-run", action="store_true", help="print what would be done, and do nothing")
    return parser


def _name(word: str) -> str:
    if word.count("/") != 1 or not all(word.split("/")):
        raise UsageError(f"{word!r} is no name of a Space; write USER/NAME.")
    return word


def _pair(flag: str, word: str) -> tuple[str, str]:
    key, separator, value = word.partition("=")
    if not (key.isidentifier() and separator):
        raise UsageError(f"{flag} is {word!r}; write NAME=VALUE.")
    return key, value


def _secret(word: str, environ: Mapping[str, str]) -> tuple[str, str]:
    if "=" in word:
        key, _, value = word.partition("=")
        if not key.isidentifier():
            raise UsageError("A --secret has no name before its =; write NAME, or NAME=VALUE.")
        return key, value
    if not environ.get(word):
        raise UsageError(f"--secret {word} takes its value from the environment, where there is none. Set it first.")
    return word, environ[word]


def _files(root: Path, *, model: str, hardware: str | None, is_remote: bool) -> dict[str, bytes]:
    """Return what a Space needs, and nothing else: no tests, no docs, no pictures of the page."""
    if not all((root / name).is_file() for name in NEEDED):
        raise UsageError("deploy uploads the files of a clone, and this is an installed package. Run it in a clone.")
    code = sorted((root / "src").rglob("*.py"))
    assets = sorted(
        path
        for path in (root / "assets").rglob("*")
        if path.is_file() and not {"screenshots", "__pycache__"} & set(path.relative_to(root).parts)
    )
    paths = [*(root / name for name in NEEDED), *code, *assets]
    found = {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
    found["README.md"] = _readme(found["README.md"].decode(), model=model, hardware=hardware, is_remote=is_remote)
    return found


def _readme(text: str, *, model: str, hardware: str | None, is_remote: bool) -> bytes:
    """Return the README with the front matter of this Space: its hardware, and the model that is fetched for it."""
    if not (hardware or model or is_remote):
        return text.encode()
    from huggingface_hub import RepoCard

    card = RepoCard(text, ignore_metadata_errors=False)
    if hardware:
        card.data.suggested_hardware = hardware
    if model or is_remote:  # else what the app takes by itself is fetched as the image is built
        repo = _repo_of(model) if not is_remote else ""
        for key, value in (("models", [repo]), ("preload_from_hub", [repo])):
            card.data.pop(key, None)
            if repo:
                setattr(card.data, key, value)
    return str(card).encode()


def _repo_of(model: str) -> str:
    """Return the Hub repository of ``model``; "" where it has none or wants another than the newest revision."""
    from deepseek_space.models import source

    found = source.resolve(model, on_space=True, local_paths=False)
    return found.location if found.kind == "hub" and not found.revision else ""
