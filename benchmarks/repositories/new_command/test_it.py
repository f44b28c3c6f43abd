import unittest

from calculator import run


class RunTest(unittest.TestCase):
    def test_commands(self):
        self.assertEqual([run("add 2 3"), run("sub 2 3"), run("mul 2 3")], [5, -1, 6])

    def test_unknown(self):
        with self.assertRaises(ValueError):
            run("div 2 3")


if __name__ == "__main__":
    unittest.main()
