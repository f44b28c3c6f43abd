"""Whose requests over /v1 count as one client's."""

import pytest
from fastapi import Request

from deepseek_space.api.access.scope import scope_of_client


def request(host, **headers):
    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": lines, "client": (host, 4711)})


def scope(host="192.168.1.5", *, key="", salt="", **headers):
    return scope_of_client(request(host, **headers), key=key, salt=salt)


def test_a_client_is_its_key_its_address_and_its_salt():
    assert scope() == scope()
    assert scope("127.0.0.1", key="a") == scope("127.0.0.1", key="a")
    told = [
        scope(),
        scope("192.168.1.6"),
        scope(salt="mine"),
        scope(key="a"),
        scope(key="b"),
    ]
    assert len(set(told)) == len(told)


@pytest.mark.parametrize(
    ("host", "headers"),
    [
        ("127.0.0.1", {}),  # a tunnel, such as a public link
        ("::1", {}),
        ("172.18.0.2", {"x_forwarded_for": "203.0.113.9"}),
        ("172.18.0.2", {"via": "1.1 gate"}),
        ("127.0.0.1", {"authorization": "Bearer none"}),  # a key that nobody has asked for
    ],
)
def test_behind_one_address_for_everybody_each_request_is_a_client_of_its_own_unless_it_has_a_salt(host, headers):
    assert scope(host, **headers) != scope(host, **headers)
    assert scope(host, salt="mine", **headers) == scope(host, salt="mine", **headers)


def test_a_scope_tells_nothing_of_whom_it_is():
    told = scope(key="ada", authorization="Bearer ada:secret")
    assert "secret" not in told
    assert "ada" not in told
    assert "192.168" not in told
