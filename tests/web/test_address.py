import pytest

from deepseek_space.web.address import address_of


def scope(peer, noted=""):
    return {"type": "http", "client": (peer, 1), "headers": [(b"x-forwarded-for", noted.encode())] if noted else []}


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("testclient", "testclient"),
    ],
)
def test_a_household_has_one_address(peer, address):
    assert address_of(scope(peer)) == address


def test_nobody_can_say_that_he_is_another():
    assert address_of(scope("192.0.2.7", "8.8.8.8")) == "192.0.2.7"
    assert address_of({"type": "http", "client": None, "headers": []}) == ""


@pytest.mark.parametrize(
    ("noted", "address"),
    [
        ("8.8.8.8", "8.8.8.8"),
        ("1.1.1.1, 8.8.8.8", "8.8.8.8"),
        ("8.8.8.8, 10.0.0.1", "8.8.8.8"),
        ("8.8.8.8, nonsense", "10.1.2.3"),
        ("", "10.1.2.3"),
    ],
)
def test_on_a_space_it_is_the_last_public_one_that_a_proxy_noted(noted, address):
    assert address_of(scope("10.1.2.3", noted), on_space=True) == address
