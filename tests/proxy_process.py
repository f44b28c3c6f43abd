"""nginx and Caddy as processes of their own, with the examples of ``docs/proxy`` as they stand, but for the ports."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent / "docs" / "proxy"
APP = "127.0.0.1:7860"  # where the examples look for the app
START_TIMEOUT_S = 60

# What Debian's own nginx.conf has around a site; files go where an ordinary user may write.
NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
    access_log off; types {{}}
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
{site}
}}
"""


@contextmanager
def running_proxy(example: str, app_port: int, folder: Path) -> Iterator[str]:
    """Run the proxy of ``example`` before the app, with its files in ``folder``; yields the app's address there."""
    port = _free_port()
    site = (EXAMPLES / example).read_text(encoding="utf-8")
    assert APP in site
    site = site.replace(APP, f"127.0.0.1:{app_port}")
    command = _nginx(site, port, folder) if example.startswith("nginx") else _caddy(site, port, folder)
    process = subprocess.Popen(command, env={"HOME": str(folder)}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await_port(port, process)
        yield f"http://127.0.0.1:{port}/ai/"
    finally:
        process.kill()  # asked to end, Caddy would wait for those who listen
        process.wait()


def _nginx(site: str, port: int, folder: Path) -> Sequence[str]:
    assert "listen 80;" in site
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, site=site.replace("listen 80;", f"listen 127.0.0.1:{port};")))
    return (_program("nginx"), "-c", str(config), "-p", str(folder), "-e", str(folder / "error.log"))


def _caddy(site: str, port: int, folder: Path) -> Sequence[str]:
    assert "\nexample.org {" in site
    config = folder / "Caddyfile"
    config.write_text("{\n\tadmin off\n}\n" + site.replace("\nexample.org {", f"\nhttp://:{port} {{"))
    return (_program("caddy"), "run", "--config", str(config), "--adapter", "caddyfile")


def _program(name: str) -> str:
    found = shutil.which(name, path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
    assert found, f"{name} is not installed: make proxies"
    return found


def _await_port(port: int, process: subprocess.Popen) -> None:
    until_s = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < until_s and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(f"{process.args} did not come up")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
