import pytest

from deepseek_space.events import Loading
from deepseek_space.ui.words.amounts import duration_text, progress_text, size_text


@pytest.mark.parametrize(
    ("num_bytes", "text"),
    [(900, "900 B"), (98_362_432, "98 MB"), (3_554_176_000, "3.6 GB"), (16e9, "16.0 GB"), (688.6e9, "689 GB")],
)
def test_sizes_are_counted_in_decimal_units(num_bytes, text):
    assert size_text(num_bytes) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.1, "1 s"), (40.4, "40 s"), (59.7, "1 min"), (200, "3 min"), (3570, "1 h 0 min"), (7_800, "2 h 10 min")],
)
def test_durations_have_one_or_two_units(seconds, text):
    assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (Loading(stage="Reading"), "Reading"),
        (Loading(stage="Reading", done=1, total=3, unit="shards"), "Reading: 1 of 3 shards"),
        (Loading(stage="Reading", done=5, total=900), "Reading: 5 of 900 B"),
        (Loading(stage="Reading", done=1_500_000_000, total=3_600_000_000), "Reading: 1.5 of 3.6 GB"),
        (Loading(stage="Reading", done=0, total=700 * 10**12), "Reading: 0 of 700 TB"),
    ],
)
def test_progress_has_units(progress, text):
    assert progress_text(progress) == text
