import unittest

from statistics_of import average


class AverageTest(unittest.TestCase):
    def test_of_nothing(self):
        self.assertEqual(average([]), 0.0)

    def test_of_some(self):
        self.assertEqual(average([1, 2, 6]), 3.0)


if __name__ == "__main__":
    unittest.main()
