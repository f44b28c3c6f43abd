import unittest

from shop import bill


class BillTest(unittest.TestCase):
    def test_sum(self):
        self.assertEqual(bill({"pear": 2, "plum": 1}), 105)


if __name__ == "__main__":
    unittest.main()
