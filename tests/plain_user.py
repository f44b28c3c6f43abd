"""The rights of a plain user: what a folder's permissions forbid is forbidden, also where tests run as root."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

VERSION = 0x20080522  # _LINUX_CAPABILITY_VERSION_3
PAST_PERMISSIONS = 1 << 1 | 1 << 2 | 1 << 3  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER


def _capabilities(call: str, sets: ctypes.Array) -> None:
    header = (ctypes.c_uint32 * 2)(VERSION, 0)
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, call)(header, sets):
        raise OSError(ctypes.get_errno(), call)


@contextmanager
def plain_user() -> Iterator[None]:
    """Have no more rights than anybody, in this thread and those that it starts."""
    if sys.platform != "linux" or os.geteuid() != 0:
        yield
        return
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; twice
    _capabilities("capget", sets)
    before = sets[0]
    sets[0] &= ~PAST_PERMISSIONS
    _capabilities("capset", sets)
    try:
        yield
    finally:
        sets[0] = before
        _capabilities("capset", sets)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Have a plain user in front of ``folder``, in which nothing can be written."""
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir() and not path.is_symlink())]
    for path in folders:
        path.chmod(0o555)
    try:
        with plain_user():
            with pytest.raises(PermissionError):
                (folder / "probe").touch()
            yield
    finally:
        for path in folders:
            path.chmod(0o755)
