"""What libraries read from the environment when they are imported is right before they are."""

import tempfile
from pathlib import Path

import pytest

from app_process import running_app
from deepseek_space import environment
from deepseek_space.errors import UsageError
from plain_user import read_only

PROXIES = {
    "http_proxy": "http://127.0.0.1:9",  # where nobody listens
    "no_proxy": "[::1]",
    "ALL_PROXY": "socks5://127.0.0.1:9",
    "all_proxy": "socks5h://127.0.0.1:9",
}
EMPTY = dict.fromkeys(("HF_HOME", "HF_ENDPOINT", "XDG_CACHE_HOME", "DEEPSEEK_SPACE_PORT", "DEEPSEEK_SPACE_MODEL"), "")


def test_the_app_opens_whatever_the_environment_says():
    with running_app("--model", "fake", "--port", "0", environ=PROXIES | EMPTY) as app:
        app.wait_for("open at http://127.0.0.1")
        app.terminate()
        assert app.wait_until_ended() == 0
    assert "Traceback" not in "".join(app.printed)


def test_a_proxy_that_cannot_be_used_ends_the_app_with_one_sentence():
    with running_app("--model", "fake", "--port", "0", environ={"https_proxy": "socks4://127.0.0.1:9"}) as app:
        assert app.wait_until_ended() == 2
    assert "".join(app.printed).startswith("app.py: https_proxy is 'socks4://127.0.0.1:9', which is no proxy")


def test_empty_variables_count_as_unset():
    environ = {"HF_HOME": "", "HF_HUB_CACHE": " ", "HF_ENDPOINT": "", "HF_TOKEN": "hf_x", "PATH": ""}
    environment.normalise(environ)
    assert environ == {"HF_TOKEN": "hf_x", "PATH": ""}


@pytest.mark.parametrize("url", ["hf-mirror.com", "ftp://mirror", "https://", "https://mirror:port"])
def test_an_endpoint_that_is_no_address_is_named(url: str):
    with pytest.raises(UsageError, match=f"HF_ENDPOINT is '{url}'; give an address such as https://hf-mirror"):
        environment.normalise({"HF_ENDPOINT": url})


def test_uploads_go_where_this_user_may_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    environ: dict[str, str] = {}
    environment.choose_upload_folder(environ)
    (tmp_path / "gradio").mkdir()
    environment.choose_upload_folder(environ)
    assert environ == {}
    with read_only(tmp_path / "gradio"):
        environment.choose_upload_folder(environ)
    own = Path(environ["GRADIO_TEMP_DIR"])
    assert (own.parent, list(own.iterdir())) == (tmp_path, [])
    environment.choose_upload_folder(environ)
    assert environ == {"GRADIO_TEMP_DIR": str(own)}
