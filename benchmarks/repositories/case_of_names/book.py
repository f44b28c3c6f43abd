class Book:
    """Telephone numbers by name."""

    def __init__(self):
        self._numbers = {}

    def save(self, name, number):
        self._numbers[name] = number

    def number(self, name):
        return self._numbers.get(name)
