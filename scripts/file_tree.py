"""Write docs/files.md anew: every file with the first sentence of its docstring."""

import ast
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent
FILES = ROOT / "docs" / "files.md"
SOURCE = "src/deepseek_space/"
BLOCK = re.compile(r"(?<=\n```\n).*?(?=```)", re.DOTALL)
TOP = {
    "app.py": "entry point for a Space and for `python app.py`",
    "requirements.txt": "all that a Space installs",
    "pyproject.toml": "metadata, development dependencies, ruff, pytest",
    "package.json": "what checks the page's scripts; eslint.config.js and tsconfig.json say how",
    "Makefile": "run · test · check · bench · screenshots; CI says the same words",
    "assets/": "look, logo, pictures; page/ holds the scripts that run in the browser",
    "benchmarks/": "one file per question; a table, then one line of JSON",
    "docs/": "what the README leaves out",
    "scripts/": "this tree, the pictures, the catalogues of translations",
    "tests/": "mirrors src; browser/ drives a real Chromium",
}
WIDTH = 120


def first_sentence(path: Path) -> str:
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return re.split(r"(?<=\.)\s|(?<=:):", " ".join(text.split()), maxsplit=1)[0].rstrip(".:").replace("``", "")


def tree() -> str:
    listed = subprocess.run(["git", "ls-files", SOURCE], cwd=ROOT, capture_output=True, text=True, check=True)
    files = [name.removeprefix(SOURCE) for name in listed.stdout.split() if name.endswith(".py")]
    files.sort(key=lambda name: (name.count("/") > 0, name.rpartition("/")[0], not name.endswith("__init__.py"), name))
    rows = [*TOP.items(), (SOURCE, "")]
    for name in files:
        folder, _, file = name.rpartition("/")
        label = f"  {folder}/" if file == "__init__.py" and folder else "  " * (1 + bool(folder)) + file
        rows.append((label, first_sentence(ROOT / SOURCE / name)))
    left = max(len(label) for label, _ in rows) + 2
    return "".join(f"{label:<{left}}{_short(text, WIDTH - left)}".rstrip() + "\n" for label, text in rows)


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1].rpartition(" ")[0].rstrip(",;:") + " …"


if __name__ == "__main__":
    FILES.write_text(BLOCK.sub(lambda _: tree(), FILES.read_text(encoding="utf-8")), encoding="utf-8")
