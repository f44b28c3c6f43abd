def num_pages(items, size):
    return len(items) // size


def page(items, number, size):
    """Return page ``number``, counted from 1."""
    start = (number - 1) * size
    return items[start : start + size]
