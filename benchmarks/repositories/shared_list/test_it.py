import unittest

from cart import Cart


class CartTest(unittest.TestCase):
    def test_each_has_its_own(self):
        one, other = Cart(), Cart()
        one.put("pear")
        self.assertEqual((len(one), len(other)), (1, 0))

    def test_what_is_given_is_left_alone(self):
        given = ["pear"]
        cart = Cart(given)
        cart.put("plum")
        self.assertEqual(cart.items, ["pear", "plum"])


if __name__ == "__main__":
    unittest.main()
