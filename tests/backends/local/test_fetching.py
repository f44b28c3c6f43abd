"""From a recipe to files: what was asked for is what is fetched."""

import pytest

from deepseek_space.backends.local import fetching
from deepseek_space.backends.local.resident_model import Recipe, Watch
from deepseek_space.models.downloads import download
from deepseek_space.models.source import resolve


@pytest.mark.parametrize(("name", "revision"), [("r1-distill-qwen-7b@v1", "v1"), ("r1-distill-qwen-7b", None)])
def test_the_revision_that_was_asked_for_is_fetched(monkeypatch, tmp_path, name, revision):
    asked = []

    def fetch(repo_id, *, revision, progress, cancelled):
        asked.append((repo_id, revision))
        return tmp_path

    monkeypatch.setattr(download, "fetch", fetch)
    recipe = Recipe(source=resolve(name, on_space=False), plan=None)
    watch = Watch(progress=lambda loading: None, cancelled=lambda: False)
    assert fetching.fetch(recipe, tmp_path, watch) == (tmp_path, "")
    assert asked == [("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", revision)]
