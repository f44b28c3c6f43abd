def total(numbers):
    return sum(numbers)


def average(numbers):
    return total(numbers) / len(numbers)
