"""``python -m deepseek_space``: the command line without its own command."""

import sys

from deepseek_space.cli import main

if __name__ == "__main__":
    sys.exit(main(program="python -m deepseek_space"))
