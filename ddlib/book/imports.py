"""What of the library a script imports, however indirectly: what its outputs depend on."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path


def library_files(path: Path, root: Path) -> list[str]:
    """Return the files of `ddlib`, relative to a root, that a script imports.

    Imports are followed through modules and into functions. Read anew in each process, and once
    in it.

    Args:
        path: the script.
        root: folder with `ddlib`; what lies outside is in the lock file and not looked at.
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
    front_door, names = root / "ddlib" / "__init__.py", set()
    if path == front_door:
        return frozenset()  # it imports what it is asked for, which is known where it is asked
    for node in ast.walk(_parse(path)):
        match node:
            case ast.Import(names=modules):
                names |= {module.name for module in modules}
            case ast.ImportFrom(module="ddlib", names=members, level=0):
                homes = _homes(front_door)
                names |= {"ddlib", *(homes.get(m.name, f"ddlib.{m.name}") for m in members)}
            case ast.ImportFrom(module=str(module), names=members, level=0):
                # A member may be a module too; where it is none, there is no file.
                names |= {module, *(f"{module}.{member.name}" for member in members)}
    parts = [name.split(".") for name in names if name.split(".")[0] == "ddlib"]
    modules = {root.joinpath(*part[:end]) for part in parts for end in range(1, len(part) + 1)}
    files = (file for m in modules for file in (m.with_suffix(".py"), m / "__init__.py"))
    return frozenset(file for file in files if file.is_file())


@cache
def _homes(front_door: Path) -> dict[str, str]:
    """Return the module of each name that the front door has."""
    for node in _parse(front_door).body if front_door.is_file() else ():
        match node:
            case ast.Assign(targets=[ast.Name("_HOMES")], value=value):
                return ast.literal_eval(value)
    return {}


def _parse(path: Path) -> ast.Module:
    """Return the syntax tree of the file at `path`."""
    return ast.parse(path.read_text(encoding="utf-8-sig"))
