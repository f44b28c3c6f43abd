"""From settings to the backends that they ask for. What a backend needs is imported with it, and nothing else is."""

from pathlib import Path
from typing import TYPE_CHECKING

from deepseek_space.backends.base import Backend
from deepseek_space.backends.remote.server import Server
from deepseek_space.errors import UsageError
from deepseek_space.settings import COMPARE_KEY, Settings

if TYPE_CHECKING:
    from deepseek_space.backends.local.backend import LocalBackend


def make_backend(settings: Settings) -> Backend:
    """Return the backend that ``settings`` ask for, not yet loading; on ZeroGPU loaded, in this thread."""
    is_local = not (settings.remote or settings.model == "fake")
    if settings.on_zero_gpu:
        from deepseek_space.backends.local import zero_gpu  # before torch

        if is_local:
            local = _local_backend(settings, lent_bytes=zero_gpu.card_bytes(settings.gpu_size))
            zero_gpu.load(local)
            return zero_gpu.ZeroGPUBackend(local, longest_s=settings.gpu_seconds, size=settings.gpu_size)
        zero_gpu.announce()
    if settings.remote:
        server = Server(url=settings.remote, key=settings.remote_key, key_name=settings.remote_key_name)
        return _remote_backend(server, settings.model, settings)
    if is_local:
        return _local_backend(settings)
    from deepseek_space.backends.scripted.backend import ScriptedBackend

    return ScriptedBackend(is_pinned=settings.pin_model)


def make_second(settings: Settings) -> Backend | None:
    """Return what the Compare tab offers beside the first backend; None where nothing was asked for."""
    if settings.compare_remote:
        url, key, flag, key_name = settings.compare_remote, settings.compare_key, "--compare-remote", COMPARE_KEY
    elif settings.compare_model:
        url, key, flag, key_name = settings.remote, settings.remote_key, "--remote", settings.remote_key_name
    else:
        return None
    server = Server(url=url, key=key, flag=flag, key_name=key_name, model_flag="--compare-model")
    return _remote_backend(server, settings.compare_model, settings)


def check_model(settings: Settings) -> None:
    """Raise ModelError or UsageError where ``settings`` name a model or device that cannot be; takes no network.

    Says nothing on a Space, whose people see its page and not this terminal.
    """
    if settings.remote or settings.model == "fake" or settings.on_space:
        return
    from deepseek_space.models import source

    source.resolve(settings.model, on_space=False)
    check_device(settings)
    if settings.engine == "vllm":
        from deepseek_space.backends.vllm import program

        program.needed()


def check_device(settings: Settings) -> None:
    """Raise UsageError where this machine lacks the device that ``settings`` name."""
    if settings.device in ("auto", "cpu"):  # which are always there
        return
    from deepseek_space.models.fit import hardware, place

    if not place.places(hardware.detect(Path(settings.cache_dir)), settings.device):
        raise UsageError(hardware.no_device(settings.device))


def _remote_backend(server: Server, model: str, settings: Settings) -> Backend:
    from deepseek_space.backends.remote.backend import RemoteBackend

    return RemoteBackend(server, model="" if model == "auto" else model, context_tokens=settings.context)


def _local_backend(settings: Settings, *, lent_bytes: int = 0) -> "LocalBackend":
    from deepseek_space.backends.local.backend import LocalBackend, LocalOptions

    return LocalBackend(
        LocalOptions(
            model=settings.model,
            cache_dir=Path(settings.cache_dir),
            precision=settings.precision,
            device=settings.device,
            engine="vllm" if settings.engine == "vllm" else "auto",
            context=settings.context,
            max_queue=settings.max_queue,
            kept_bytes=settings.kept_memory << 20,
            on_space=settings.on_space,
            is_pinned=settings.pin_model,
            local_paths=settings.is_private,
            shares_prefixes=settings.is_private,
            lent_bytes=lent_bytes,
        )
    )
