"""Flags and environment variables, read here and nowhere else, as one frozen value.

Every flag has an environment variable, as a Space has no command line. Knows no model and no page.
"""

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit

from deepseek_space import addresses, flags
from deepseek_space.errors import UsageError
from deepseek_space.flags import ENV_PREFIX, flag
from deepseek_space.keys import Keys, read_keys

ENGINES = ("auto", "vllm")
PRECISIONS = ("auto", "fp32", "bf16", "fp16", "int8", "nf4", "fp4")
CARD_SIZES = ("large", "xlarge")
EVERYWHERE = "0.0.0.0"  # where the platform of a Space reaches the app
REMOTE_KEY, COMPARE_KEY = f"{ENV_PREFIX}REMOTE_KEY", f"{ENV_PREFIX}COMPARE_REMOTE_KEY"
FROM_ENVIRONMENT = "environment"
DEEPSEEK_API = "https://api.deepseek.com"
MAX_GRACE_S = 86_400
GPU_SECONDS = (20, 300)  # below, a reply is hardly begun; above, the platform lends no card
MAX_DRAIN_S = 3_600
NO_CDN = "none"
_ORIGIN = re.compile(r"https?://(?:\*\.)?[\w.-]+(?::\d{1,5})?", re.ASCII)


def default_cache_dir(environ: Mapping[str, str]) -> Path:
    """Return where converted models are kept, by the XDG base directory specification."""
    root = environ.get("XDG_CACHE_HOME") or str(Path(environ.get("HOME") or "~", ".cache"))
    return _home_of("The cache", root) / "deepseek-space"


def _home_of(what: str, folder: str) -> Path:
    try:
        return Path(folder).expanduser()
    except RuntimeError as error:
        raise UsageError(
            f"{what} would be {folder}, and there is no such home folder. Name a folder with --cache-dir or "
            f"{ENV_PREFIX}CACHE_DIR."
        ) from error


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All that an operator can choose. Sizes are in tokens, times in seconds."""

    model: str = flag(
        "auto", "catalogue name, Hub id (either with @revision), local folder, GGUF file, 'auto', 'starter' or 'fake'"
    )
    remote: str = flag(
        "",
        "a server with the OpenAI protocol whose model answers, such as http://10.0.0.5:8000/v1; without an address "
        "that of OPENAI_BASE_URL and its key, or DeepSeek's API",
        metavar="URL",
        alone=FROM_ENVIRONMENT,
    )
    compare_remote: str = flag("", "a second server, for the Compare tab", metavar="URL")
    compare_model: str = flag("", "a second model for the Compare tab, at --compare-remote or else at --remote")
    precision: str = flag("auto", "precision of the weights", choices=PRECISIONS)
    device: str = flag("auto", "where the model runs: auto, cpu, cuda, cuda:1, mps", metavar="DEVICE")
    engine: str = flag(
        "auto", "what computes: auto, the engines that come along; vllm, a server that is started here", choices=ENGINES
    )
    context: int = flag(0, "most tokens of prompt and reply together; 0: what fits", kind=int)
    host: str = flag(
        "127.0.0.1",
        "address to listen on; 0.0.0.0 for all",
        shown="127.0.0.1; on a Space 0.0.0.0",
        on_space=EVERYWHERE,
        also="GRADIO_SERVER_NAME",
    )
    port: int = flag(7860, "port to listen on", kind=int, also="GRADIO_SERVER_PORT")
    root_path: str = flag(
        "", "the path under which a proxy serves the app, such as /ai", metavar="PATH", also="GRADIO_ROOT_PATH"
    )
    trusted_host: str = flag(
        "",
        "the name under which a proxy here serves the page, or an ending such as *.example.org; several with commas",
        metavar="NAME",
    )
    framed_by: str = flag(
        "",
        "a site whose pages may show this one in a frame, such as https://example.org; several with commas",
        metavar="ORIGIN",
    )
    share: bool = flag(False, "open a public Gradio link for up to a week", kind=bool)
    auth: str = flag("", "ask visitors for this name and password", metavar="USER:PASSWORD")
    api_key: str = flag("", "a key that programs have to bring to /v1; several with commas", metavar="KEY")
    api_key_file: str = flag("", "a file of such keys: one a line, or a name and a key", metavar="FILE")
    requests_per_minute: int = flag(0, "most requests a minute by one key, or one address, of programs", kind=int)
    replies_at_once: int = flag(0, "most replies at once to one key, or one address, of programs", kind=int)
    allow_origin: str = flag(
        "",
        "a site whose pages may ask this app, such as https://example.org; several with commas",
        metavar="ORIGIN",
    )
    cache_dir: str = flag(
        "",
        "folder for the starter, what is converted, and what was measured here",
        metavar="FOLDER",
        shown="~/.cache/deepseek-space",
    )
    pin_model: bool = flag(
        False, "visitors see the model and cannot change it", kind=bool, shown="off; on a Space on", on_space=True
    )
    max_queue: int = flag(64, "requests that may wait; the next one is told to try again", kind=int)
    drain: float = flag(5.0, "seconds for which answers may go on when the app is asked to end", kind=float)
    kept_memory: int = flag(
        0, "most MiB for what was read of earlier chats; 0: one whole conversation, 1,024 at least", kind=int
    )
    grace: float = flag(60.0, "seconds for which a reply goes on that no page reads; 0: none", kind=float)
    gpu_seconds: int = flag(40, "on ZeroGPU, for how long one reply may ask for the card at most", kind=int)
    gpu_size: str = flag("large", "on ZeroGPU, half a card or the whole one", choices=CARD_SIZES)
    cdn: str = flag(
        "https://cdn.jsdelivr.net",
        "where browsers fetch the editor, the diagrams and Python that are not in the cache; none: nowhere",
        metavar="URL",
    )
    history: bool = flag(True, "keep chats in the reader's own browser", kind=bool)
    max_upload: int = flag(32, "largest file that can be attached, in MiB; 0: none can", kind=int)
    log_level: str = flag("info", "what the terminal shows", choices=("debug", "info", "warning", "error"))
    on_space: bool = False
    space_id: str = ""
    on_zero_gpu: bool = False
    keys: Keys = field(default=Keys(), repr=False)
    remote_key: str = field(default="", repr=False)
    remote_key_name: str = REMOTE_KEY
    compare_key: str = field(default="", repr=False)

    @property
    def credentials(self) -> tuple[str, str] | None:
        """Return (name, password) for Gradio, or None."""
        user, separator, password = self.auth.partition(":")
        return (user, password) if separator else None

    @property
    def trusted_hosts(self) -> tuple[str, ...]:
        """The names under which the page may be asked for besides addresses and localhost, where it is private."""
        return tuple(name.strip() for name in self.trusted_host.split(",") if name.strip())

    @property
    def framing_origins(self) -> tuple[str, ...]:
        """The sites whose pages may show this one in a frame, besides its own."""
        return tuple(origin.strip() for origin in self.framed_by.split(",") if origin.strip())

    @property
    def cdn_address(self) -> str:
        """Where browsers find the libraries that the cache has not, "" for nowhere."""
        return "" if self.cdn == NO_CDN else self.cdn.rstrip("/")

    @property
    def allowed_origins(self) -> tuple[str, ...]:
        """The sites whose pages may ask this app and read its answers, besides its own."""
        return tuple(origin.strip() for origin in self.allow_origin.split(",") if origin.strip())

    @property
    def is_private(self) -> bool:
        """Whether only people on this machine can reach the page."""
        return not (self.on_space or self.share) and addresses.is_loopback(self.host)


def add_flags(parser: argparse.ArgumentParser, environ: Mapping[str, str], names: Sequence[str] = ()) -> None:
    """Add the flags of the settings called ``names``, or of all; their defaults are as ``environ`` has them."""
    flags.add(parser, Settings, environ, names)


def _remote_of(environ: Mapping[str, str]) -> tuple[str, str]:
    """Return the server that ``environ`` names for others' programs, and what its key is called there.

    A key goes to the address beside it alone.
    """
    if url := environ.get("OPENAI_BASE_URL", "").strip():
        return url, "OPENAI_API_KEY"
    if environ.get("DEEPSEEK_API_KEY", "").strip():
        return DEEPSEEK_API, "DEEPSEEK_API_KEY"
    raise UsageError(
        "--remote without an address takes OPENAI_BASE_URL, or DeepSeek's API where DEEPSEEK_API_KEY is set; neither "
        "is. Give --remote an address such as http://10.0.0.5:8000/v1."
    )


def _check(settings: Settings) -> None:
    # argparse checks the choices of flags, but not those of defaults that come from the environment.
    for item in fields(Settings):
        choices = item.metadata.get("choices") if item.metadata else ()
        value = getattr(settings, item.name)
        if choices and value not in choices:
            raise UsageError(f"{ENV_PREFIX}{item.name.upper()} is {value!r}; choose from {', '.join(choices)}.")
    if not 0 <= settings.port <= 65535:
        raise UsageError(f"Port {settings.port} does not exist; choose one from 1 to 65535, or 0 for any free one.")
    counts = ("context", "max_queue", "kept_memory", "max_upload", "requests_per_minute", "replies_at_once")
    for name in counts:
        if getattr(settings, name) < 0:
            raise UsageError(f"--{name.replace('_', '-')} cannot be negative.")
    if not 0 <= settings.grace <= MAX_GRACE_S:
        raise UsageError(f"--grace is {settings.grace:g} seconds; choose from 0 to {MAX_GRACE_S:,}, which is a day.")
    if not GPU_SECONDS[0] <= settings.gpu_seconds <= GPU_SECONDS[1]:
        least, most = GPU_SECONDS
        raise UsageError(f"--gpu-seconds is {settings.gpu_seconds}; choose from {least} to {most}.")
    if not 0 <= settings.drain <= MAX_DRAIN_S:
        raise UsageError(f"--drain is {settings.drain:g} seconds; choose from 0 to {MAX_DRAIN_S:,}, which is an hour.")
    addresses.check_host(settings.host)
    addresses.check_root_path(settings.root_path)
    for name in settings.trusted_hosts:
        addresses.check_trusted_name(name)
    if settings.auth and not all(settings.credentials or ("",)):
        raise UsageError("--auth takes a name and a password with a colon between them, such as ada:secret.")
    for name, origins in (("--framed-by", settings.framing_origins), ("--allow-origin", settings.allowed_origins)):
        for origin in origins:
            if not _ORIGIN.fullmatch(origin) or ("*" in origin and name == "--allow-origin"):
                raise UsageError(f"{name} is {origin!r}; give a site alone, such as https://example.org.")
    if settings.cdn != NO_CDN and not _ORIGIN.fullmatch(settings.cdn.rstrip("/")):
        raise UsageError(f"--cdn is {settings.cdn!r}; give a site alone, such as https://cdn.jsdelivr.net, or none.")
    for name, url in (("--remote", settings.remote), ("--compare-remote", settings.compare_remote)):
        _check_url(name, url)
    for name, key in ((REMOTE_KEY, settings.remote_key), (COMPARE_KEY, settings.compare_key)):
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise UsageError(f"{name} holds blanks or characters that no key has. Copy the key once more.")
    if settings.engine == "vllm":
        _check_vllm(settings)
    if settings.compare_model and not (settings.remote or settings.compare_remote):
        raise UsageError("--compare-model is a model of a server: name the server with --compare-remote or --remote.")


def _check_vllm(settings: Settings) -> None:
    if settings.remote:
        raise UsageError("--engine vllm starts a server here, and --remote asks one elsewhere: give one of the two.")
    if settings.model == "fake":
        raise UsageError("--engine vllm runs a model, and the scripted replies of --model fake are none.")
    if settings.on_zero_gpu:
        raise UsageError("--engine vllm needs a card of its own: ZeroGPU lends one for each reply.")
    for name in ("max_queue", "kept_memory"):
        if getattr(settings, name) != getattr(Settings, name):
            flag_name = f"--{name.replace('_', '-')}"
            raise UsageError(f"{flag_name} is for the engines that come along; vLLM keeps its own queue and caches.")


def _check_url(name: str, url: str) -> None:
    if not url:
        return
    if not addresses.is_web_address(url):
        raise UsageError(f"{name} is {url!r}; give an address such as http://10.0.0.5:8000/v1.")
    parts = urlsplit(url)
    if "@" in parts.netloc or parts.query or parts.fragment:
        key = REMOTE_KEY if name == "--remote" else COMPARE_KEY
        raise UsageError(f"{name} takes an address alone, without name, key or '?'. Set the key as {key}.")


def read_settings(
    argv: Sequence[str], environ: Mapping[str, str], *, parser: argparse.ArgumentParser | None = None
) -> Settings:
    """Return the settings that ``argv`` and ``environ`` ask for, where ``parser`` has no flags of its own.

    Raises UsageError for a value that cannot be used; argparse exits with 2 for an unknown flag, with 0 for --help.
    """
    parser = parser or argparse.ArgumentParser()
    add_flags(parser, environ)
    return settings_of(parser.parse_args(argv), environ)


def settings_of(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Settings:
    """Return the settings among ``arguments``; what they do not hold is as ``environ`` has it.

    Raises UsageError for a value that cannot be used.
    """
    parser = argparse.ArgumentParser()
    add_flags(parser, environ)
    chosen = vars(parser.parse_args([]))
    chosen |= {name: value for name, value in vars(arguments).items() if name in chosen}
    named = chosen["cache_dir"]
    chosen["cache_dir"] = str(_home_of("--cache-dir", named) if named else default_cache_dir(environ))
    written, file = chosen.pop("api_key"), chosen["api_key_file"]
    keys = read_keys(password=chosen["auth"] if ":" in chosen["auth"] else "", written=written, file=file)
    remote_key, remote_key_name = environ.get(REMOTE_KEY, ""), REMOTE_KEY
    if chosen["remote"] == FROM_ENVIRONMENT:
        chosen["remote"], remote_key_name = _remote_of(environ)
        remote_key = environ.get(remote_key_name, "")
    on_zero_gpu = environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")  # as ``spaces`` reads it
    settings = Settings(
        **chosen,
        on_space=flags.is_space(environ),
        space_id=environ.get("SPACE_ID", ""),
        on_zero_gpu=on_zero_gpu,
        keys=keys,
        remote_key=remote_key.strip(),
        remote_key_name=remote_key_name,
        compare_key=environ.get(COMPARE_KEY, "").strip(),
    )
    _check(settings)
    return settings
