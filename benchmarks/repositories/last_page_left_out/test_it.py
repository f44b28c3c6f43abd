import unittest

from pages import num_pages, page


class PagesTest(unittest.TestCase):
    def test_count(self):
        self.assertEqual([num_pages(list(range(n)), 3) for n in (0, 1, 3, 7, 9)], [0, 1, 1, 3, 3])

    def test_page(self):
        self.assertEqual(page(list(range(7)), 3, 3), [6])


if __name__ == "__main__":
    unittest.main()
