import unittest

from temperature import celsius_to_fahrenheit, kelvin_to_fahrenheit


class TemperatureTest(unittest.TestCase):
    def test_celsius(self):
        self.assertEqual([celsius_to_fahrenheit(c) for c in (0, 100, -40)], [32, 212, -40])

    def test_kelvin(self):
        self.assertAlmostEqual(kelvin_to_fahrenheit(373.15), 212)


if __name__ == "__main__":
    unittest.main()
