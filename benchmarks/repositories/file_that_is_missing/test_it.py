import unittest

from clock import face
from roman import to_roman


class FaceTest(unittest.TestCase):
    def test_face(self):
        expected = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"]
        self.assertEqual(face(), expected)

    def test_larger(self):
        self.assertEqual([to_roman(19), to_roman(34), to_roman(39)], ["XIX", "XXXIV", "XXXIX"])


if __name__ == "__main__":
    unittest.main()
