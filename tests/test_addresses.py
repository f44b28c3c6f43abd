"""What may be written for an address, a name, an ending and a path; the rest is refused in words."""

import pytest

from deepseek_space import addresses
from deepseek_space.errors import UsageError


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1", "::", "::1", "localhost", "my-box", "my_box.example.org"])
def test_an_address_or_a_name_can_be_listened_on(host):
    addresses.check_host(host)


@pytest.mark.parametrize(
    "host", ["", "0.0.0.0:7860", "http://0.0.0.0", "a b", "-x", "[::1]", "::1::", "300.1.2.3", "1.2", "example.org/ai"]
)
def test_what_is_no_address_is_refused_with_what_would_be_one(host):
    with pytest.raises(UsageError, match=r"such as 0\.0\.0\.0"):
        addresses.check_host(host)


TRUSTED = ("Chat.example.org", "*.colab-user-runtimes.internal", ".example.net", "my-box.")


@pytest.mark.parametrize(
    ("name", "is_trusted"),
    [
        ("chat.example.org", True),
        ("CHAT.EXAMPLE.ORG.", True),
        ("a.chat.example.org", False),
        ("m-s-1a2b3c.colab-user-runtimes.internal", True),
        ("a.b.colab-user-runtimes.internal", True),
        ("colab-user-runtimes.internal", False),
        ("evilcolab-user-runtimes.internal", False),
        ("m.colab-user-runtimes.internal.evil.example", False),
        ("www.example.net", True),
        ("wwwexample.net", False),
        ("my-box", True),
        ("", False),
        (".", False),
    ],
)
def test_an_ending_stands_for_what_lies_under_it_and_for_nothing_else(name, is_trusted):
    assert addresses.is_trusted(name, TRUSTED) is is_trusted


@pytest.mark.parametrize(
    "name", ["chat.example.org", "*.example.org", ".example.org", "*.internal", "*.local", "my-box", "xn--fsq.example"]
)
def test_a_name_and_an_ending_can_be_trusted(name):
    addresses.check_trusted_name(name)


@pytest.mark.parametrize("name", ["*", "*.", ".", "*example.org", "a.*.org", "https://a.org", "a.org:443", "a.org/x"])
def test_what_is_no_name_is_not_trusted(name):
    with pytest.raises(UsageError, match="is no name"):
        addresses.check_trusted_name(name)


@pytest.mark.parametrize("name", ["*.org", ".com", "*.dev."])
def test_an_ending_under_which_anybody_can_register_is_not_trusted(name):
    with pytest.raises(UsageError, match="that anybody can register"):
        addresses.check_trusted_name(name)


@pytest.mark.parametrize(
    ("root_path", "prefix"),
    [
        ("", ""),
        ("/", ""),
        ("/ai", "/ai"),
        ("/ai/", "/ai"),
        ("/a/b-c", "/a/b-c"),
        ("https://example.org/ai/", "/ai"),
        ("https://example.org", ""),
    ],
)
def test_the_path_of_the_app_is_the_same_with_or_without_the_rest_of_its_address(root_path, prefix):
    addresses.check_root_path(root_path)
    assert addresses.prefix_of(root_path) == prefix


@pytest.mark.parametrize("root_path", ["ai", "//ai", "/a b", "/a/../b?x", "ftp://example.org/ai", "https://", "/a?b"])
def test_what_is_no_path_is_refused_with_what_would_be_one(root_path):
    with pytest.raises(UsageError, match="such as /ai"):
        addresses.check_root_path(root_path)
