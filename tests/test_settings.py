"""Flags and environment variables become one frozen value, or one clear sentence."""

import pytest

from deepseek_space.errors import UsageError
from deepseek_space.settings import Settings, read_settings


def test_everything_has_a_default():
    settings = read_settings([], {"HOME": "/home/ada"})
    assert (settings.model, settings.precision, settings.host, settings.port) == ("auto", "auto", "127.0.0.1", 7860)
    assert settings.cache_dir == "/home/ada/.cache/deepseek-space"
    assert not settings.share
    assert not settings.on_space
    assert settings.credentials is None


def test_a_flag_wins_over_its_environment_variable():
    environ = {"DEEPSEEK_SPACE_PORT": "1234", "DEEPSEEK_SPACE_MODEL": "r1", "DEEPSEEK_SPACE_SHARE": "1"}
    settings = read_settings(["--port", "99", "--no-share"], environ)
    assert (settings.port, settings.model, settings.share) == (99, "r1", False)
    assert read_settings([], environ).share


def test_what_is_on_by_default_can_be_switched_off():
    assert read_settings([], {"DEEPSEEK_SPACE_HISTORY": ""}).history
    assert not read_settings([], {"DEEPSEEK_SPACE_HISTORY": "0"}).history
    assert not read_settings(["--no-history"], {"DEEPSEEK_SPACE_HISTORY": "1"}).history


def test_an_empty_variable_counts_as_unset():
    names = [name for name, item in Settings.__dataclass_fields__.items() if item.metadata]
    for nothing in ("", "  "):
        environ = {f"DEEPSEEK_SPACE_{name.upper()}": nothing for name in names}
        assert read_settings([], environ | {"HOME": "/home/ada"}) == read_settings([], {"HOME": "/home/ada"})
    assert read_settings([], {"DEEPSEEK_SPACE_SHARE": " 1 "}).share


def test_a_tilde_is_the_home_folder(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")
    assert read_settings(["--cache-dir", "~/models"], {}).cache_dir == "/home/ada/models"
    assert read_settings([], {"DEEPSEEK_SPACE_CACHE_DIR": "~"}).cache_dir == "/home/ada"
    assert read_settings([], {"XDG_CACHE_HOME": "~/caches"}).cache_dir == "/home/ada/caches/deepseek-space"
    assert read_settings([], {"HOME": ""}).cache_dir == "/home/ada/.cache/deepseek-space"


def test_the_home_of_nobody_is_named():
    with pytest.raises(UsageError, match="--cache-dir would be ~nobody-here/models, and there is no such home folder"):
        read_settings(["--cache-dir", "~nobody-here/models"], {})


def test_a_space_is_recognised_and_so_is_zero_gpu():
    assert read_settings([], {"SPACE_ID": "ada/space"}).on_space
    assert read_settings([], {"SPACES_ZERO_GPU": "true"}).on_zero_gpu
    assert not read_settings([], {}).on_zero_gpu


def test_on_a_space_the_model_is_pinned_unless_the_operator_opens_it():
    space = {"SPACE_ID": "a/b"}
    assert read_settings([], space).pin_model
    assert not read_settings([], {**space, "DEEPSEEK_SPACE_PIN_MODEL": "0"}).pin_model
    assert not read_settings(["--no-pin-model"], space).pin_model
    assert not read_settings([], {}).pin_model


@pytest.mark.parametrize("seconds", ["19", "301"])
def test_a_reply_has_the_card_for_a_while_and_no_longer_than_the_platform_lends_it(seconds):
    assert read_settings([], {}).gpu_seconds == 40
    with pytest.raises(UsageError, match=f"^--gpu-seconds is {seconds}; choose from 20 to 300"):
        read_settings(["--gpu-seconds", seconds], {})


def test_credentials_may_hold_colons_in_the_password():
    assert read_settings(["--auth", "ada:se:cret"], {}).credentials == ("ada", "se:cret")


def test_keys_come_from_the_environment_alone_and_are_not_shown():
    environ = {"DEEPSEEK_SPACE_REMOTE_KEY": "sk-1\n", "DEEPSEEK_SPACE_COMPARE_REMOTE_KEY": "sk-2"}
    settings = read_settings(["--remote", "https://api.deepseek.com"], environ)
    assert (settings.remote_key, settings.compare_key) == ("sk-1", "sk-2")
    assert "sk-" not in repr(settings)
    with pytest.raises(SystemExit):
        read_settings(["--remote-key", "sk-1"], {})


@pytest.mark.parametrize(
    ("argv", "environ", "said"),
    [
        (["--port", "70000"], {}, "70000"),
        (["--auth", "ada"], {}, "colon"),
        (["--auth", ":x"], {}, "colon"),
        (["--context", "-1"], {}, "negative"),
        (["--drain", "-1"], {}, "-1 seconds"),
        (["--drain", "inf"], {}, "inf seconds"),
        (["--host", "http://0.0.0.0"], {}, "no address to listen on"),
        (["--root-path", "ai"], {}, "such as /ai"),
        (["--trusted-host", "a.example.org,*"], {}, "'\\*' is no name"),
        ([], {"GRADIO_SERVER_NAME": "0.0.0.0:7860"}, "'0.0.0.0:7860' is no address"),
        ([], {"GRADIO_SERVER_PORT": "http"}, "GRADIO_SERVER_PORT is 'http'; write a whole number"),
        ([], {"GRADIO_SERVER_PORT": "99999"}, "Port 99999"),
        ([], {"GRADIO_ROOT_PATH": "ai"}, "GRADIO_ROOT_PATH"),
        ([], {"DEEPSEEK_SPACE_PORT": "x"}, "DEEPSEEK_SPACE_PORT is 'x'; write a whole number"),
        ([], {"DEEPSEEK_SPACE_GRACE": "x"}, "DEEPSEEK_SPACE_GRACE is 'x'; write a number"),
        (["--grace", "-1"], {}, "-1 seconds"),
        (["--grace", "nan"], {}, "nan seconds"),
        (["--remote", "10.0.0.5:8000"], {}, "--remote is '10.0.0.5:8000'"),
        (["--remote", "ftp://10.0.0.5/v1"], {}, "--remote is 'ftp://10.0.0.5/v1'"),
        (["--remote", "http://host:port/v1"], {}, "--remote is 'http://host:port/v1'"),
        (["--remote", "https://key@host/v1"], {}, "--remote takes an address alone"),
        (
            [],
            {"DEEPSEEK_SPACE_COMPARE_REMOTE": "https://host/v1?key=x"},
            "Set the key as DEEPSEEK_SPACE_COMPARE_REMOTE_KEY",
        ),
        ([], {"DEEPSEEK_SPACE_REMOTE_KEY": "sk-1 # mine"}, "DEEPSEEK_SPACE_REMOTE_KEY holds blanks"),
        (["--compare-model", "r1"], {}, "name the server with --compare-remote or --remote"),
        ([], {"DEEPSEEK_SPACE_PRECISION": "int3"}, "'int3'; choose from auto, fp32"),
        ([], {"DEEPSEEK_SPACE_SHARE": "maybe"}, "'maybe'; write 1 or 0"),
    ],
)
def test_values_that_cannot_be_used_are_named(argv, environ, said):
    with pytest.raises(UsageError, match=said):
        read_settings(argv, environ)


@pytest.mark.parametrize(
    ("argv", "said"), [(["--precision", "int3"], "int3"), (["--prot", "1"], "--prot"), (["--port", "x"], "'x'")]
)
def test_unknown_flags_and_values_exit_with_2_and_say_which(argv, said, capsys):
    with pytest.raises(SystemExit, match="2"):
        read_settings(argv, {})
    assert said in capsys.readouterr().err


def test_help_says_what_the_defaults_are(capsys):
    with pytest.raises(SystemExit, match="0"):
        read_settings(["--help"], {})
    said = " ".join(capsys.readouterr().out.split())
    assert "DEEPSEEK_SPACE_CONTEXT; default 0]" in said
    assert "DEEPSEEK_SPACE_SHARE; default off]" in said
    assert "DEEPSEEK_SPACE_GRACE; default 60]" in said
    assert "DEEPSEEK_SPACE_CACHE_DIR; default ~/.cache/" in said


def test_help_names_every_flag_with_its_environment_variable(capsys):
    with pytest.raises(SystemExit, match="0"):
        read_settings(["--help"], {})
    text = "".join(capsys.readouterr().out.split())
    for name, item in Settings.__dataclass_fields__.items():
        if name.endswith("_key"):
            assert f"--{name.replace('_', '-')}," not in text
        elif item.metadata:
            assert f"--{name.replace('_', '-')}" in text
            assert f"DEEPSEEK_SPACE_{name.upper()}" in text


@pytest.mark.parametrize(
    ("flags", "environ", "is_private"),
    [
        ([], {}, True),
        (["--host", "localhost"], {}, True),
        (["--host", "::1"], {}, True),
        (["--host", "0.0.0.0"], {}, False),
        (["--host", "my-server"], {}, False),
        (["--share"], {}, False),
        ([], {"SPACE_ID": "ada/space"}, False),
    ],
)
def test_private_means_that_nobody_else_can_reach_it(flags, environ, is_private):
    assert read_settings(flags, environ).is_private is is_private


@pytest.mark.parametrize("environ", [{"SPACE_ID": "ada/space"}, {"SYSTEM": "spaces"}])
def test_a_space_is_reached_from_outside(environ):
    assert read_settings([], environ).host == "0.0.0.0"
    assert read_settings([], {**environ, "GRADIO_SERVER_NAME": "::"}).host == "::"
    assert read_settings(["--host", "127.0.0.1"], environ).host == "127.0.0.1"


def test_what_tells_gradio_where_to_serve_is_heard_where_nothing_of_ours_says_otherwise():
    gradios = {"GRADIO_SERVER_NAME": "0.0.0.0", "GRADIO_SERVER_PORT": "8080", "GRADIO_ROOT_PATH": "/ai"}
    ours = {"DEEPSEEK_SPACE_HOST": "::1", "DEEPSEEK_SPACE_PORT": "9", "DEEPSEEK_SPACE_ROOT_PATH": "/b"}

    def chosen(argv, environ):
        settings = read_settings(argv, environ)
        return settings.host, settings.port, settings.root_path

    assert chosen([], gradios) == ("0.0.0.0", 8080, "/ai")
    assert chosen([], {**gradios, **ours}) == ("::1", 9, "/b")
    assert chosen(["--host", "::", "--port", "7", "--root-path", "/x"], {**gradios, **ours}) == ("::", 7, "/x")
    assert chosen([], dict.fromkeys(gradios, "")) == ("127.0.0.1", 7860, "")


def test_trusted_hosts_are_parted_by_commas():
    assert read_settings([], {}).trusted_hosts == ()
    assert read_settings(["--trusted-host", "chat.example.org, my-box"], {}).trusted_hosts == (
        "chat.example.org",
        "my-box",
    )


def test_keys_are_kept_as_digests_and_the_rest_is_forgotten(tmp_path):
    file = tmp_path / "keys"
    file.write_text("bob sk-two\n")
    flags = ["--auth", "ada:secret", "--api-key", "sk-one", "--api-key-file", str(file)]
    settings = read_settings(flags, {"HOME": "/home/me"})
    holders = [settings.keys.holder(key) for key in (b"ada:secret", b"sk-two", b"sk-one")]
    assert (holders[:2], bool(holders[2])) == (["ada", "bob"], True)
    assert "sk-" not in repr(settings)


OPENAI = {"OPENAI_BASE_URL": "http://10.0.0.5/v1", "OPENAI_API_KEY": "sk-o"}
DEEPSEEK = {"DEEPSEEK_API_KEY": "sk-d"}


@pytest.mark.parametrize(
    ("environ", "url", "key"),
    [
        (OPENAI, "http://10.0.0.5/v1", "sk-o"),
        (DEEPSEEK, "https://api.deepseek.com", "sk-d"),
        (OPENAI | DEEPSEEK, "http://10.0.0.5/v1", "sk-o"),
        ({"OPENAI_BASE_URL": "http://10.0.0.5/v1"} | DEEPSEEK, "http://10.0.0.5/v1", ""),
        (OPENAI | {"DEEPSEEK_SPACE_REMOTE_KEY": "sk-r"}, "http://10.0.0.5/v1", "sk-o"),
    ],
)
def test_the_environment_of_other_programs_counts_where_remote_has_no_address(environ, url, key):
    settings = read_settings(["--remote"], {"HOME": "/home/me", **environ})
    assert (settings.remote, settings.remote_key) == (url, key)
    named = read_settings(["--remote", "http://10.0.0.6/v1"], {"HOME": "/home/me", **environ})
    assert named.remote_key == environ.get("DEEPSEEK_SPACE_REMOTE_KEY", "")
    assert read_settings([], {"HOME": "/home/me", **environ}).remote == ""


def test_remote_alone_needs_an_address_in_the_environment():
    with pytest.raises(UsageError, match="OPENAI_BASE_URL"):
        read_settings(["--remote"], {"HOME": "/home/me", "OPENAI_API_KEY": "sk-o"})


@pytest.mark.parametrize(
    ("words", "environ", "said"),
    [
        (["--remote", "http://10.0.0.5:8000/v1"], {}, "--remote asks one elsewhere"),
        (["--model", "fake"], {}, "scripted replies"),
        ([], {"SPACES_ZERO_GPU": "true"}, "ZeroGPU"),
        (["--max-queue", "3"], {}, "--max-queue is for the engines that come along"),
        (["--kept-memory", "3"], {}, "--kept-memory is for the engines that come along"),
    ],
)
def test_what_vllm_would_not_honour_is_refused_beside_it(words, environ, said):
    assert read_settings(["--engine", "vllm"], {}).engine == "vllm"
    with pytest.raises(UsageError, match=said):
        read_settings(["--engine", "vllm", *words], environ)
