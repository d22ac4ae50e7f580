"""What of the library a script imports, however indirectly: what its outputs depend on."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path


def library_files(path: Path, root: Path) -> list[str]:
    """Return the files of `ddlib`, relative to `root`, that the script at `path` imports.

    Imports are followed through modules and into functions; what lies outside `root` is in the
    lock file and not looked at. Read anew in each process, and once in it.
    """
    root = root.resolve()
    found: set[Path] = set()
    waiting = [path.resolve()]
    while waiting:
        new = _imported(waiting.pop(), root) - found
        found |= new
        waiting += new
    return sorted(str(file.relative_to(root)) for file in found)


@cache
def _imported(path: Path, root: Path) -> frozenset[Path]:
    """Return the files of `ddlib` that the file at `path` itself imports, packages included."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8-sig"))):
        match node:
            case ast.Import(names=modules):
                names |= {module.name for module in modules}
            case ast.ImportFrom(module=str(module), names=members, level=0):
                # A member may be a module too; where it is none, there is no file.
                names |= {module, *(f"{module}.{member.name}" for member in members)}
    parts = [name.split(".") for name in names if name.split(".")[0] == "ddlib"]
    modules = {root.joinpath(*part[:end]) for part in parts for end in range(1, len(part) + 1)}
    files = (file for m in modules for file in (m.with_suffix(".py"), m / "__init__.py"))
    return frozenset(file for file in files if file.is_file())
