"""Start the app: ``python app.py --help``. A Hugging Face Space runs this file as it is."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "src"))

from deepseek_space.cli import main

if __name__ == "__main__":
    sys.exit(main(program="python app.py"))
