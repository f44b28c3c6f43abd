"""Room for another model: what was not touched for the longest time goes, and what is in use stays."""

import os

import pytest

from deepseek_space.models.downloads.hub import Hub
from deepseek_space.models.downloads.room import removable_bytes, remove_oldest


@pytest.fixture
def cache(tmp_path):
    """A cache of three models of 100 bytes each, and one that was begun: by age ``a/old``, ``b/begun``, ``c/new``."""
    for age, (name, file) in enumerate(
        (("c--new", "blob"), ("b--begun", "blob.incomplete"), ("a--old", "blob"), ("empty--one", ""))
    ):
        blobs = tmp_path / f"models--{name}" / "blobs"
        blobs.mkdir(parents=True)
        if file:
            (blobs / file).write_bytes(bytes(100))
            os.utime(blobs / file, (1e9 - age, 1e9 - age))
    (tmp_path / "datasets--d--d" / "blobs").mkdir(parents=True)
    return tmp_path


def names(cache):
    return sorted(folder.name for folder in cache.glob("models--*--*"))


def test_the_longest_unused_goes_first_until_there_is_none_but_those_in_use(cache):
    hub = Hub(cache_dir=cache)
    assert removable_bytes({"c/new"}, hub=hub) == 200
    assert remove_oldest({"c/new"}, hub=hub)
    assert names(cache) == ["models--b--begun", "models--c--new", "models--empty--one"]
    assert remove_oldest({"c/new"}, hub=hub)
    assert not remove_oldest({"c/new"}, hub=hub)
    assert names(cache) == ["models--c--new", "models--empty--one"]
    assert removable_bytes({"c/new"}, hub=hub) == 0


def test_where_one_cannot_be_removed_the_next_is(cache, monkeypatch):
    monkeypatch.setattr(
        "shutil.rmtree", lambda folder, **_: "old" not in folder.name and (folder / "blobs").rename(cache / "x")
    )
    assert remove_oldest(set(), hub=Hub(cache_dir=cache))
    assert removable_bytes(set(), hub=Hub(cache_dir=cache)) == 200
