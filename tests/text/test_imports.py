"""Which files of a workspace a file imports, in the languages that a workspace holds."""

import pytest

from deepseek_space.text.imports import imported

PYTHON = ("app.py", "pkg/__init__.py", "pkg/a.py", "pkg/b.py", "pkg/sub/c.py", "data.json", "utils.py", "pkg/utils.py")
WEB = ("index.html", "css/style.css", "js/app.js", "js/lib/index.ts", "js/tool.ts", "js/data.json")


@pytest.mark.parametrize(
    ("path", "text", "paths", "found"),
    [
        ("app.py", "import os, utils as u, pkg.a\n", PYTHON, ["utils.py", "pkg/a.py"]),
        ("app.py", "from pkg import (a,\n  b)\n", PYTHON, ["pkg/a.py", "pkg/__init__.py"]),
        ("app.py", "import data\n", PYTHON, []),  # which is no module
        ("pkg/a.py", "from . import b\nfrom .utils import x\n", PYTHON, 
         ["pkg/b.py", "pkg/__init__.py", "pkg/utils.py"]),
        ("pkg/sub/c.py", "    from ..a import f  # late\n", PYTHON, ["pkg/a.py"]),
        ("pkg/sub/c.py", "from ...................... import x\nfrom import\nimport\nfrom .", PYTHON, []),
        ("pkg/a.py", "import pkg.a\n", PYTHON, []),  # itself
        ("index.html", '<script src="js/app.js?v=1"></script><link href="css/style.css">', WEB,
         ["js/app.js", "css/style.css"]),
        ("index.html", '<script src="https://x.org/js/app.js"></script>', WEB, []),
        ("js/app.js", 'import a from "./lib";\nexport * from "./tool.js";\nconst d = require("./data.json")', WEB,
         ["js/lib/index.ts", "js/tool.ts", "js/data.json"]),
        ("a.cpp", '# include <vector>\n#include "in/b.h"\n', ("in/b.h", "b.h"), ["in/b.h"]),
        ("src/Main.java", "import org.shop.Cart;\nimport static org.shop.Tax.rate;\n",
         ("org/shop/Cart.java", "org/shop/Tax.java", "Other.java"), ["org/shop/Cart.java", "org/shop/Tax.java"]),
        ("notes.txt", "import utils\n", PYTHON, []),
    ],
)  # fmt: skip
def test_what_a_file_imports(path: str, text: str, paths: tuple[str, ...], found: list[str]):
    assert imported(path, text, paths) == found
