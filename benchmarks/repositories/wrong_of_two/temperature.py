def celsius_to_fahrenheit(celsius):
    result = celsius * 2
    result = result + 32
    return result


def kelvin_to_fahrenheit(kelvin):
    result = (kelvin - 273.15) * 9 / 5
    result = result + 32
    return result
