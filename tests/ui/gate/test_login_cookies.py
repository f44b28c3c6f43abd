import pytest

from deepseek_space.ui.gate.login_cookies import login_cookie

SAFE = "access-token-x=abc; HttpOnly; Path=/; SameSite=none; Secure"
PLAIN = "access-token-unsecure-x=abc; HttpOnly; Path=/; SameSite=lax"


@pytest.mark.parametrize(
    ("is_framed", "attributes"), [(False, "SameSite=Lax; Secure"), (True, "SameSite=None; Secure; Partitioned")]
)
def test_a_log_in_goes_along_with_what_other_sites_ask_for_only_where_they_frame_the_page(is_framed, attributes):
    assert login_cookie(SAFE, is_framed=is_framed) == f"access-token-x=abc; HttpOnly; Path=/; {attributes}"


def test_the_one_without_encryption_is_of_no_use_to_other_sites():
    for is_framed in (False, True):
        cookie = login_cookie(PLAIN.removesuffix("; SameSite=lax"), is_framed=is_framed)
        assert cookie == "access-token-unsecure-x=abc; HttpOnly; Path=/; SameSite=Lax"


def test_another_cookie_is_left_alone():
    assert login_cookie("a=b; SameSite=None", is_framed=False) == "a=b; SameSite=None"
