import unittest

from book import Book


class BookTest(unittest.TestCase):
    def test_case(self):
        book = Book()
        book.save("Ada", "12")
        book.save("ADA", "34")
        self.assertEqual([book.number("ada"), book.number("Ada"), book.number("Bob")], ["34", "34", None])


if __name__ == "__main__":
    unittest.main()
