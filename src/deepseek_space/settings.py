"""Flags and environment variables, read here and nowhere else, as one frozen value.

Every flag has an environment variable, as a Space has no command line. Knows no model and no page.
"""

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from urllib.parse import urlsplit

from deepseek_space import addresses
from deepseek_space.errors import UsageError

PRECISIONS = ("auto", "fp32", "bf16", "fp16", "int8", "nf4", "fp4")
CARD_SIZES = ("large", "xlarge")
ENV_PREFIX = "DEEPSEEK_SPACE_"
EVERYWHERE = "0.0.0.0"  # where the platform of a Space reaches the app
REMOTE_KEY, COMPARE_KEY = f"{ENV_PREFIX}REMOTE_KEY", f"{ENV_PREFIX}COMPARE_REMOTE_KEY"
MAX_GRACE_S = 86_400
GPU_SECONDS = (20, 300)  # below, a reply is hardly begun; above, the platform lends no card
MAX_DRAIN_S = 3_600
NO_CDN = "none"
_ORIGIN = re.compile(r"https?://(?:\*\.)?[\w.-]+(?::\d{1,5})?", re.ASCII)


def _shown(default: object) -> str:
    words = {True: "on", False: "off", "": "none"}
    if isinstance(default, float):
        return f"{default:g}"
    return words[default] if isinstance(default, bool | str) and default in words else str(default)


def _flag(
    default: object,
    text: str,
    *,
    choices: Sequence[str] = (),
    kind: type = str,
    metavar: str = "",
    shown: str = "",
    on_space: object = None,
    also: str = "",
) -> object:
    """Return a field; ``on_space`` is its default on a Space, where that is another one."""
    metadata = {
        "on_space": default if on_space is None else on_space,
        "help": text,
        "choices": tuple(choices),
        "kind": kind,
        "metavar": metavar or None,
        "shown": shown or _shown(default),
        "also": also,
    }
    return field(default=default, metadata=metadata)


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

    model: str = _flag(
        "auto", "catalogue name, Hub id (either with @revision), local folder, GGUF file, 'auto', 'starter' or 'fake'"
    )
    remote: str = _flag(
        "", "a server with the OpenAI protocol whose model answers, such as http://10.0.0.5:8000/v1", metavar="URL"
    )
    compare_remote: str = _flag("", "a second server, for the Compare tab", metavar="URL")
    compare_model: str = _flag("", "a second model for the Compare tab, at --compare-remote or else at --remote")
    precision: str = _flag("auto", "precision of the weights", choices=PRECISIONS)
    device: str = _flag("auto", "where the model runs: auto, cpu, cuda, cuda:1, mps", metavar="DEVICE")
    context: int = _flag(0, "most tokens of prompt and reply together; 0: what fits", kind=int)
    host: str = _flag(
        "127.0.0.1",
        "address to listen on; 0.0.0.0 for all",
        shown="127.0.0.1; on a Space 0.0.0.0",
        on_space=EVERYWHERE,
        also="GRADIO_SERVER_NAME",
    )
    port: int = _flag(7860, "port to listen on", kind=int, also="GRADIO_SERVER_PORT")
    root_path: str = _flag(
        "", "the path under which a proxy serves the app, such as /ai", metavar="PATH", also="GRADIO_ROOT_PATH"
    )
    trusted_host: str = _flag(
        "",
        "the name under which a proxy here serves the page, or an ending such as *.example.org; several with commas",
        metavar="NAME",
    )
    framed_by: str = _flag(
        "",
        "a site whose pages may show this one in a frame, such as https://example.org; several with commas",
        metavar="ORIGIN",
    )
    share: bool = _flag(False, "open a public Gradio link for up to a week", kind=bool)
    auth: str = _flag("", "ask visitors for this name and password", metavar="USER:PASSWORD")
    cache_dir: str = _flag("", "folder for converted models", metavar="FOLDER", shown="~/.cache/deepseek-space")
    pin_model: bool = _flag(
        False, "visitors see the model and cannot change it", kind=bool, shown="off; on a Space on", on_space=True
    )
    max_queue: int = _flag(64, "requests that may wait; the next one is told to try again", kind=int)
    drain: float = _flag(5.0, "seconds for which answers may go on when the app is asked to end", kind=float)
    kept_memory: int = _flag(
        0, "most MiB for what was read of earlier chats; 0: one whole conversation, 1,024 at least", kind=int
    )
    grace: float = _flag(60.0, "seconds for which a reply goes on that no page reads; 0: none", kind=float)
    gpu_seconds: int = _flag(40, "on ZeroGPU, for how long one reply may ask for the card at most", kind=int)
    gpu_size: str = _flag("large", "on ZeroGPU, half a card or the whole one", choices=CARD_SIZES)
    cdn: str = _flag(
        "https://cdn.jsdelivr.net",
        "where browsers fetch the editor, the diagrams and Python that are not in the cache; none: nowhere",
        metavar="URL",
    )
    history: bool = _flag(True, "keep chats in the reader's own browser", kind=bool)
    max_upload: int = _flag(32, "largest file that can be attached, in MiB; 0: none can", kind=int)
    log_level: str = _flag("info", "what the terminal shows", choices=("debug", "info", "warning", "error"))
    on_space: bool = False
    space_id: str = ""
    on_zero_gpu: bool = False
    remote_key: str = field(default="", repr=False)
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
    def is_private(self) -> bool:
        """Whether only people on this machine can reach the page."""
        return not (self.on_space or self.share) and addresses.is_loopback(self.host)


def add_flags(parser: argparse.ArgumentParser, environ: Mapping[str, str], names: Sequence[str] = ()) -> None:
    """Add the flags of the settings called ``names``, or of all; their defaults are as ``environ`` has them."""
    for item in fields(Settings):
        if item.metadata and (not names or item.name in names):
            _add_flag(parser, item, _default(item, environ))


def _add_flag(parser: argparse.ArgumentParser, item: Field, default: object) -> None:
    meta = item.metadata
    name = "--" + item.name.replace("_", "-")
    also = f", else {meta['also']}" if meta["also"] else ""
    text = f"{meta['help']} [env {ENV_PREFIX}{item.name.upper()}{also}; default {meta['shown']}]".replace("%", "%%")
    if meta["kind"] is bool:
        parser.add_argument(name, action=argparse.BooleanOptionalAction, default=default, help=text)
        return
    parser.add_argument(
        name,
        type=meta["kind"],
        default=default,
        choices=meta["choices"] or None,
        metavar=meta["metavar"],
        help=text,
    )


def _default(item: Field, environ: Mapping[str, str]) -> object:
    kind = item.metadata["kind"]
    for name in filter(None, (ENV_PREFIX + item.name.upper(), item.metadata["also"])):
        # A Space's form and a compose file set a variable to nothing where none is meant.
        if preset := environ.get(name, "").strip():
            return _truth(name, preset) if kind is bool else _number(name, preset, kind)
    return item.metadata["on_space"] if _is_space(environ) else item.default


def _is_space(environ: Mapping[str, str]) -> bool:
    return bool(environ.get("SPACE_ID")) or environ.get("SYSTEM") == "spaces"


def _number(name: str, value: str, kind: type) -> str | float:
    try:
        return kind(value)
    except ValueError:
        raise UsageError(f"{name} is {value!r}; write a {'whole ' if kind is int else ''}number.") from None


def _truth(name: str, value: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if value.lower() not in words:
        raise UsageError(f"{name} is {value!r}; write 1 or 0.")
    return words[value.lower()]


def _check(settings: Settings) -> None:
    # argparse checks the choices of flags, but not those of defaults that come from the environment.
    for item in fields(Settings):
        choices = item.metadata.get("choices") if item.metadata else ()
        value = getattr(settings, item.name)
        if choices and value not in choices:
            raise UsageError(f"{ENV_PREFIX}{item.name.upper()} is {value!r}; choose from {', '.join(choices)}.")
    if not 0 <= settings.port <= 65535:
        raise UsageError(f"Port {settings.port} does not exist; choose one from 1 to 65535, or 0 for any free one.")
    if min(settings.context, settings.max_queue, settings.kept_memory, settings.max_upload) < 0:
        raise UsageError("--context, --max-queue, --kept-memory and --max-upload cannot be negative.")
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
    for origin in settings.framing_origins:
        if not _ORIGIN.fullmatch(origin):
            raise UsageError(f"--framed-by is {origin!r}; give a site alone, such as https://example.org.")
    if settings.cdn != NO_CDN and not _ORIGIN.fullmatch(settings.cdn.rstrip("/")):
        raise UsageError(f"--cdn is {settings.cdn!r}; give a site alone, such as https://cdn.jsdelivr.net, or none.")
    for flag, url in (("--remote", settings.remote), ("--compare-remote", settings.compare_remote)):
        _check_url(flag, url)
    for name, key in ((REMOTE_KEY, settings.remote_key), (COMPARE_KEY, settings.compare_key)):
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise UsageError(f"{name} holds blanks or characters that no key has. Copy the key once more.")
    if settings.compare_model and not (settings.remote or settings.compare_remote):
        raise UsageError("--compare-model is a model of a server: name the server with --compare-remote or --remote.")


def _check_url(flag: str, url: str) -> None:
    if not url:
        return
    if not addresses.is_web_address(url):
        raise UsageError(f"{flag} is {url!r}; give an address such as http://10.0.0.5:8000/v1.")
    parts = urlsplit(url)
    if "@" in parts.netloc or parts.query or parts.fragment:
        key = REMOTE_KEY if flag == "--remote" else COMPARE_KEY
        raise UsageError(f"{flag} takes an address alone, without name, key or '?'. Set the key as {key}.")


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
    on_zero_gpu = environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")  # as ``spaces`` reads it
    settings = Settings(
        **chosen,
        on_space=_is_space(environ),
        space_id=environ.get("SPACE_ID", ""),
        on_zero_gpu=on_zero_gpu,
        remote_key=environ.get(REMOTE_KEY, "").strip(),
        compare_key=environ.get(COMPARE_KEY, "").strip(),
    )
    _check(settings)
    return settings
