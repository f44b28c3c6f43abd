"""Folders that can be written, cannot, or have no room."""

from deepseek_space.commands.health import storage


def test_folders_that_can_be_written_are_well_and_are_not_made(tmp_path):
    cache, hub = tmp_path / "cache", tmp_path / "hub"
    assert [finding.verdict for finding in storage.look(cache, hub)] == ["ok", "ok"]
    assert not list(tmp_path.iterdir())


def test_a_file_in_the_place_of_a_folder_fails_with_the_flag_that_names_another(tmp_path):
    blocked = tmp_path / "file"
    blocked.touch()
    cache, hub = storage.look(blocked / "cache", blocked)
    assert (cache.verdict, hub.verdict) == ("fail", "fail")
    assert "--cache-dir" in cache.remedy
    assert "HF_HOME" in hub.remedy


def test_a_full_disk_is_told_with_what_would_need_it(tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "disk_free_bytes", lambda folder: 10**9)
    cache, hub = storage.look(tmp_path, tmp_path)
    assert cache.verdict == "ok"
    assert hub.verdict == "warn"
    assert "1.0 GB free, and " in hub.text
