"""``doctor``: look at what the app stands on, say what is well, and what mends what is not."""

import argparse
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from deepseek_space.backends.heartbeat import while_loading
from deepseek_space.commands import composition
from deepseek_space.commands.call import Call
from deepseek_space.commands.health.finding import Finding
from deepseek_space.settings import Settings, add_flags, settings_of

FLAGS = ("model", "remote", "precision", "device", "engine", "context", "cache_dir")


def run(call: Call) -> int:
    """Print what is found, as it is found; return 1 if something keeps the app from working."""
    settings = settings_of(_parser(call).parse_args(call.words), call.environ)
    verdicts = []
    for finding in findings(settings):
        print(f"{finding.verdict:<4}  {finding.subject:<9}  {finding.text}", flush=True)
        if finding.remedy:
            print(f"{'':<4}  {'':<9}  → {finding.remedy}", flush=True)
        verdicts.append(finding.verdict)
    counted = [f"{verdicts.count(verdict)} {verdict}" for verdict in ("ok", "warn", "fail")]
    print(f"\n{', '.join(counted)}")
    return 1 if "fail" in verdicts else 0


def _parser(call: Call) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"{call.program} doctor",
        description="Look at the packages, this machine, the folders and the network, and say what to mend. The exit "
        "code is 1 if something keeps the app from working with these flags.",
    )
    add_flags(parser, call.environ, FLAGS)
    return parser


def findings(settings: Settings) -> Iterator[Finding]:
    """Yield what is found, the quick before the slow. What is missing is found before it is imported."""
    from deepseek_space.commands.health import packages

    is_whole = True
    for finding in packages.look():
        is_whole = is_whole and finding.verdict != "fail"
        yield finding
    if not is_whole:  # the rest is looked at with these very packages
        return
    from deepseek_space.commands.health import machine, network, storage

    if settings.remote:
        yield _server(settings)
        return
    cache_dir = Path(settings.cache_dir)
    yield from storage.look(cache_dir)
    yield from network.look(cache_dir)
    yield from machine.look(settings)


def _server(settings: Settings) -> Finding:
    with closing(composition.make_backend(settings)) as backend:
        backend.start()
        for _ in while_loading(backend):
            pass
        status = backend.status()
    if status.state != "ready":
        remedy = "Mend what --remote says, or ask who runs that server."
        return Finding(verdict="fail", subject="server", text=status.error, remedy=remedy)
    return Finding(verdict="ok", subject="server", text=f"{status.device} answers with {status.model}")
