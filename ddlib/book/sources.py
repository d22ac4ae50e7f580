"""The text of a notebook source: read, parsed, and asked for its parameters, with no kernel.

Nothing here is slow to import: a wrong parameter is to be told at once.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ddlib.config import Config, ParameterError, bound_names


class NotebookError(RuntimeError):
    """A notebook that is not there, is not Python, or has a cell that failed."""


def read_text(source: Path) -> str:
    """Return the text of the notebook at `source`, without a byte-order mark."""
    if source.suffix != ".py" or not source.is_file():
        raise NotebookError(f"{source}: no such notebook source; they are notebooks/*.py")
    try:
        return source.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotebookError(f"{source}: is not UTF-8 at byte {error.start}") from None
    except OSError as error:
        raise NotebookError(f"{source}: cannot be read: {error.strerror}") from None


def cells(source: Path) -> list[tuple[str, str]]:
    """Return heading (`# %% tags=["parameters"]`, say) and text of each cell, in order."""
    parts = re.split(r"^(# %%.*)$", read_text(source), flags=re.MULTILINE)[1:]
    return [(heading, text.strip()) for heading, text in zip(parts[::2], parts[1::2], strict=True)]


def code_digest(source: Path) -> str:
    """Return a hash of all that decides the outputs of the notebook at `source`: its code cells.

    Prose and figure captions are left out, so that an edit of a sentence executes nothing.
    """
    prose = ("[markdown]", "[md]", "[raw]")
    code = [text for heading, text in cells(source) if not any(kind in heading for kind in prose)]
    return hashlib.sha256("\n%%\n".join(code).encode()).hexdigest()


def parse(source: Path) -> ast.Module:
    """Return the syntax tree of the notebook at `source`; `NotebookError` says a faulty line."""
    try:
        return ast.parse(read_text(source))
    except SyntaxError as error:
        line = (error.text or "").strip()
        magic = "; comment a magic out: # " + line if line.startswith(("%", "!")) else ""
        message = f"{source}:{error.lineno}: {line!r} is not Python: {error.msg}{magic}"
        raise NotebookError(message) from None


def check_parameters(source: Path, given: Mapping[str, Any]) -> None:
    """Raise `ParameterError` for names and values that the notebook at `source` does not take.

    What two parameters must be to each other is checked when the notebook runs.
    """
    declared = declared_parameters(source)
    cell = next((text for heading, text in cells(source) if '"parameters"' in heading), "")
    defaults = bound_names(cell)
    if not defaults:
        return  # nothing to know from the text
    for name in given:
        if name not in defaults:
            allowed = ", ".join(defaults)
            raise ParameterError(f"{name} = {given[name]!r}: unknown; allowed: {allowed}")
    try:
        values = {name: ast.literal_eval(value) for name, value in defaults.items()}
    except ValueError:
        return  # a default that is computed, which the notebook itself checks
    if declared:
        declared(**{**values, **given})


def declared_parameters(source: Path) -> type[Config] | None:
    """Return the class that the notebook checks its parameters by, with nothing but its fields.

    It is made from its text and from what its fields use; methods are left out, and with them
    the imports of what computes, which take seconds.
    """
    tree = parse(source)
    called = {
        node.func.value.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "from_namespace"
        and isinstance(node.func.value, ast.Name)
    }
    for position, statement in enumerate(tree.body):
        if isinstance(statement, ast.ClassDef) and statement.name in called:
            fields = [s for s in statement.body if isinstance(s, ast.AnnAssign)]
            statement.body = fields or [ast.Pass()]
            module = ast.Module([*_used_by(statement, tree.body[:position]), statement], [])
            namespace: dict[str, Any] = {"__name__": "parameters"}
            exec(compile(module, str(source), "exec", dont_inherit=True), namespace)
            return namespace[statement.name]
    return None


def _used_by(statement: ast.stmt, before: list[ast.stmt]) -> list[ast.stmt]:
    """Return those of the statements `before` that bind what `statement` uses, in their order."""
    used, kept = _names(statement), []
    for earlier in reversed(before):
        if isinstance(earlier, ast.Import | ast.ImportFrom):
            earlier.names = [
                alias
                for alias in earlier.names
                if alias.name == "*" or (alias.asname or alias.name.partition(".")[0]) in used
            ]
            if earlier.names:
                kept.insert(0, earlier)
        elif used & _bound(earlier):
            kept.insert(0, earlier)
            used |= _names(earlier)
    return kept


def _bound(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.ClassDef | ast.FunctionDef):
        return {statement.name}
    stored = (n for n in ast.walk(statement) if isinstance(n, ast.Name))
    return {name.id for name in stored if isinstance(name.ctx, ast.Store)}


def _names(statement: ast.stmt) -> set[str]:
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
