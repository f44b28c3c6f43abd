from roman import to_roman


def face():
    """Return the numerals of a clock."""
    return [to_roman(hour) for hour in range(1, 13)]
