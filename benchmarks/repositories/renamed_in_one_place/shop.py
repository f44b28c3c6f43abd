from prices import price_of


def bill(order):
    """Return the sum of an order, name → how many."""
    return sum(price_of(name) * count for name, count in order.items())
