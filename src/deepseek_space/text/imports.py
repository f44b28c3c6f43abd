"""Which files of a workspace a file imports, read off its lines: for an order, not for a compiler.

Lines that are being typed parse nowhere, so nothing is parsed: a name counts where a path ends in it. Knows no model.
"""

import re
from collections.abc import Collection, Iterator
from posixpath import dirname, normpath, splitext

# By the ending of the file that imports: what stands where a name of another file does.
_PYTHON = re.compile(r"^[ \t]*(?:from[ \t]+([.\w]+)[ \t]+import[ \t]+([^#\n]+)|import[ \t]+([^#\n]+))", re.MULTILINE)
_QUOTED = re.compile(r"""(?:\bfrom|\bimport|\brequire[ \t]*\(|\bimport[ \t]*\()[ \t]*["']([^"'\n]+)["']""")
_INCLUDED = re.compile(r"""^[ \t]*#[ \t]*include[ \t]*["<]([^">\n]+)[">]""", re.MULTILINE)
_DOTTED = re.compile(r"^[ \t]*(?:import(?:[ \t]+static)?|using(?:[ \t]+static)?|use)[ \t]+([\w.:]+)", re.MULTILINE)
_LINKED = re.compile(r"""(?:\bsrc|\bhref)[ \t]*=[ \t]*["']([^"'\n]+)["']|@import[ \t]+(?:url\()?["']([^"'\n]+)["']""")
_MAIN = re.compile(r"/(?:__init__|index|mod)$")  # the file that has a folder's name
_PYTHONS = (".py", ".pyi")
_SCRIPTS = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".vue", ".svelte")
_C = (".c", ".h", ".cc", ".cpp", ".cxx", ".hpp", ".hh", ".cu", ".m")
_PAGES = (".html", ".htm", ".css", ".scss")


def imported(path: str, text: str, paths: Collection[str]) -> list[str]:
    """Return those of ``paths`` that the file at ``path`` imports, in its own order, itself not among them."""
    by_end = _by_end(paths, kin=_kin(path))
    found = (by_end.get(name) for name in _names(path, text))
    return [one for one in dict.fromkeys(found) if one is not None and one != path]


def _kin(path: str) -> Collection[str]:
    """Return the endings of the files that one names without their endings."""
    ending = splitext(path)[1].lower()
    return next((kin for kin in (_PYTHONS, _SCRIPTS, _C, _PAGES) if ending in kin), (ending,))


def _by_end(paths: Collection[str], *, kin: Collection[str]) -> dict[str, str]:
    """Return the files by all that may be said of them: each end of the path, and for ``kin`` without its ending.

    The shortest path has a name that several end in: a module at the top is meant before one of a folder.
    """
    ends: dict[str, str] = {}
    for path in sorted(paths, key=lambda one: (one.count("/"), one)):
        stem, ending = splitext(path)
        names = [path, stem, _MAIN.sub("", stem)] if ending.lower() in kin else [path]
        for parts in (name.split("/") for name in names):
            for start in range(len(parts)):
                ends.setdefault("/".join(parts[start:]), path)
    return ends


def _names(path: str, text: str) -> Iterator[str]:
    """Yield what a file names, as a path, the likeliest reading first."""
    ending, here = splitext(path)[1].lower(), dirname(path)
    if ending in _PYTHONS:
        yield from _python_names(here, text)
        return
    if ending in (*_SCRIPTS, *_C, *_PAGES):
        pattern = _QUOTED if ending in _SCRIPTS else _INCLUDED if ending in _C else _LINKED
        for match in pattern.finditer(text):
            name = next(filter(None, match.groups()))
            if "://" not in name:
                yield from _readings(here, name)
        return
    for match in _DOTTED.finditer(text):
        parts = re.split(r"\.|::", match[1])
        yield "/".join(parts)
        yield "/".join(parts[:-1])  # a name of the file that is the rest


def _readings(here: str, name: str) -> Iterator[str]:
    name = re.split(r"[?#]", name)[0]
    for whole in (f"{here}/{name}", name):
        path = normpath(whole).lstrip("./")
        yield path
        yield splitext(path)[0]  # TypeScript imports "./a.js" and means a.ts


def _python_names(here: str, text: str) -> Iterator[str]:
    for match in _PYTHON.finditer(text):
        module, names, modules = match.groups()
        if modules is not None:
            yield from ("/".join(one.split()[0].split(".")) for one in modules.split(",") if one.strip())
            continue
        dots = len(module) - len(module.lstrip("."))
        above = here.split("/")[: len(here.split("/")) - dots + 1] if dots and here else []
        base = [part for part in (*above, *module.strip(".").split(".")) if part]
        words = (one.split()[0].strip("()\\") for one in names.split(",") if one.split())
        yield from ("/".join([*base, word]) for word in words if word)
        yield "/".join(base)
