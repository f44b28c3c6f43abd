def add(a, b):
    return a + b


def sub(a, b):
    return a - b


COMMANDS = {"add": add, "sub": sub}


def run(line):
    """Return what a line such as "add 2 3" comes to."""
    name, *numbers = line.split()
    if name not in COMMANDS:
        raise ValueError(f"There is no command {name}.")
    return COMMANDS[name](*map(int, numbers))
