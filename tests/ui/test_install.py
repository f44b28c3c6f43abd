"""The page can be put on a home screen: a manifest with icons that are what it says."""

import struct

import httpx
import pytest

from deepseek_space.ui.install import DESCRIPTION
from deepseek_space.ui.words.catalogue import translations

CHINESE = translations("zh-CN")


@pytest.fixture(scope="module")
def manifest(url):
    answer = httpx.get(f"{url}manifest.json")
    assert answer.headers["content-type"] == "application/manifest+json"
    return answer.json()


def test_it_has_a_name_a_start_and_a_window_of_its_own(manifest):
    assert manifest["name"] == "DeepSeek Space"
    assert manifest["start_url"] == manifest["scope"] == "./"
    assert manifest["display"] == "standalone"


def test_icons_are_of_the_sizes_they_claim(url, manifest):
    assert {(icon["sizes"], icon["purpose"]) for icon in manifest["icons"]} == {
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    }
    for icon in manifest["icons"]:
        image = httpx.get(f"{url}{icon['src']}").content
        assert image.startswith(b"\x89PNG")
        width, height = struct.unpack(">II", image[16:24])
        assert f"{width}x{height}" == icon["sizes"]


def test_it_is_in_the_readers_language(url):
    answer = httpx.get(f"{url}manifest.json", headers={"accept-language": "zh-CN"}).json()
    assert (answer["lang"], answer["description"]) == ("zh-CN", CHINESE[DESCRIPTION])
