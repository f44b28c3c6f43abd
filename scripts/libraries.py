"""Write assets/libraries.json anew from the packages of the versions named here: run it after changing one."""

import fnmatch
import hashlib
import json
import tarfile
import tempfile
from base64 import b64encode
from pathlib import Path

from deepseek_space.models.downloads.npm_package import fetch_npm_package
from deepseek_space.models.downloads.wheels import fetch_wheel

LIST = Path(__file__).parent.parent / "assets" / "libraries.json"
# Of the editor: its own worker and JSON's. The others check what the page checks by itself, in ten megabytes.
NPM = {
    "mermaid": ("11.17.0", "MIT", ["dist/mermaid.min.js"], []),
    "monaco-editor": (
        "0.57.0",
        "MIT",
        ["min/vs/*"],
        ["min/vs/language/*", "min/vs/nls/lang/*", "min/vs/assets/[cht]*.worker-*", "min/vs/assets/ts.worker-*"],
    ),
    "pyodide": (
        "314.0.7",
        "MPL-2.0",
        ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json"],
        [],
    ),
}
NPM_BESIDES = {"monaco-editor": ["min/vs/nls/lang/zh-cn.js"]}
WHEELS = {  # what pytest is made of, for Python in the browser
    "pytest": ("9.0.2", "MIT"),
    "iniconfig": ("2.3.1", "MIT"),
    "packaging": ("26.4", "Apache-2.0 OR BSD-2-Clause"),
    "pluggy": ("1.7.0", "MIT"),
    "pygments": ("2.21.0", "BSD-2-Clause"),
}


def checksum(content: bytes) -> str:
    return b64encode(hashlib.sha256(content).digest()).decode()


def is_wanted(package: str, path: str) -> bool:
    _, _, wanted, unwanted = NPM[package]
    if path in NPM_BESIDES.get(package, ()):
        return True
    return any(fnmatch.fnmatch(path, one) for one in wanted) and not any(fnmatch.fnmatch(path, one) for one in unwanted)


def npm_files(package: str, version: str) -> dict[str, str]:
    with (
        tempfile.TemporaryDirectory() as work,
        tarfile.open(fetch_npm_package(f"{package}@{version}", Path(work))) as packed,
    ):
        files = {member.name.partition("/")[2]: member for member in packed if member.isfile()}
        return {
            path: checksum(packed.extractfile(files[path]).read()) for path in sorted(files) if is_wanted(package, path)
        }


def wheel_files(package: str, version: str) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as work:
        wheel = fetch_wheel(f"{package}=={version}", Path(work), advance=lambda _count: None)
        return {wheel.name: checksum(wheel.read_bytes())}


def main() -> None:
    listed = {
        package: {"source": "npm", "version": version, "licence": licence, "files": npm_files(package, version)}
        for package, (version, licence, *_) in NPM.items()
    }
    for package, (version, licence) in WHEELS.items():
        files = wheel_files(package, version)
        listed[package] = {"source": "pypi", "version": version, "licence": licence, "files": files}
    LIST.write_text(json.dumps(listed, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
