import unittest

from words import count_words, longest_word


class WordsTest(unittest.TestCase):
    def test_count(self):
        texts = ("", "one", "one  two", " one\ttwo\nthree ")
        self.assertEqual([count_words(text) for text in texts], [0, 1, 2, 3])

    def test_longest(self):
        self.assertEqual(longest_word("a bc d"), "bc")


if __name__ == "__main__":
    unittest.main()
