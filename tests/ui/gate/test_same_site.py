"""Where there is something to lose, the pages of other sites can send nothing, and read nothing that is answered."""

import httpx
import pytest
from starlette.datastructures import Headers

from deepseek_space.backends.scripted.backend import ScriptedBackend
from deepseek_space.ui.gate.same_site import is_from_here
from page_server import served

HERE = {"host": "chat.example.org"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "same-origin", "origin": "https://chat.example.org"},
        {"sec-fetch-site": "none"},
        {"origin": "https://chat.example.org"},
        {"origin": "http://CHAT.example.org:80"},
        {"origin": "https://public.example.org", "x-forwarded-host": "public.example.org"},
    ],
)
def test_the_app_s_own_page_and_what_is_no_page_may_send(headers):
    assert is_from_here(Headers({**HERE, **headers}))


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "https://other.example.org"},
        {"sec-fetch-site": "cross-site", "origin": "https://chat.example.org"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "https://chat.example.org:8443"},
        {"origin": "https://chat.example.org.evil.example"},
        {"origin": "https://[::1"},
    ],
)
def test_a_page_of_another_site_may_not(headers):
    assert not is_from_here(Headers({**HERE, **headers}))


OPEN, PASSWORD = ("--host", "0.0.0.0"), ("--host", "0.0.0.0", "--auth", "ada:secret")
EVIL = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}


NAMED = ("--allow-origin", "https://evil.example")


@pytest.mark.parametrize(("flags", "status"), [((), 403), (PASSWORD, 403), (OPEN, 200), (NAMED, 200)])
def test_other_sites_may_read_nothing_unless_they_are_named(flags, status):
    with served(ScriptedBackend(), *flags) as url:
        sent = httpx.post(f"{url}gradio_api/upload", files={"files": ("a.txt", b"text")}, headers=EVIL)
        told = [sent, httpx.get(f"{url}config", headers=EVIL), _preflight(url)]
    assert sent.status_code == status
    allowed = {answer.headers.get("access-control-allow-origin") for answer in told}
    assert allowed == ({"https://evil.example"} if flags == NAMED else {None})
    assert not any("access-control-allow-credentials" in answer.headers for answer in told)


def _preflight(url):
    asked = {**EVIL, "access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    return httpx.options(f"{url}gradio_api/queue/join", headers=asked)
