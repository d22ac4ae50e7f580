"""The text of a notebook source: read, parsed, and asked for its parameters, with no kernel.

Nothing here is slow to import: a wrong parameter is to be told at once.
"""

from __future__ import annotations

import ast
import hashlib
import itertools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ddlib.config import Config, ParameterError, bound_names
from ddlib.near import meant

OPTION = re.compile(r"# ?\|(?: |$)", re.MULTILINE)


class NotebookError(RuntimeError):
    """A notebook that is not there, is not Python, or has a cell that failed; says which."""


def read_text(source: Path) -> str:
    """Return the text of a notebook, without a byte-order mark.

    Args:
        source: a py:percent file.

    Raises:
        NotebookError: for a file that is not there, cannot be read or is not UTF-8.
    """
    if source.suffix != ".py" or not source.is_file():
        raise NotebookError(f"{source}: no such notebook source; must be one of notebooks/*.py")
    try:
        return source.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotebookError(
            f"{source}: is not UTF-8 at byte {error.start}; must be UTF-8"
        ) from None
    except OSError as error:
        raise NotebookError(f"{source}: cannot be read: {error.strerror}") from None


def cells(source: Path) -> list[tuple[str, str]]:
    """Return heading (`# %% tags=["parameters"]`, say) and text of each cell, in order.

    Args:
        source: a py:percent file.

    Raises:
        NotebookError: for a file that cannot be read.
    """
    parts = re.split(r"^(# %%.*)$", read_text(source), flags=re.MULTILINE)[1:]
    return [(heading, text.strip()) for heading, text in zip(parts[::2], parts[1::2], strict=True)]


def code_cells(source: Path) -> list[str]:
    """Return the text of each code cell, in order, options of figures included.

    Args:
        source: a py:percent file.

    Raises:
        NotebookError: for a file that cannot be read.
    """
    prose = ("[markdown]", "[md]", "[raw]")
    return [text for heading, text in cells(source) if not any(kind in heading for kind in prose)]


def split_options(text: str) -> tuple[str, str]:
    """Return the options at the head of a code cell, as YAML, and the code below them.

    Options are comments that start with `# |` or, as Quarto writes them, `#|`: the name, caption
    and alternative text of the cell's figure.

    Args:
        text: a code cell.
    """
    lines = text.splitlines(keepends=True)
    options = list(itertools.takewhile(OPTION.match, lines))
    return "".join(OPTION.sub("", line) for line in options), "".join(lines[len(options) :])


def code_digest(source: Path) -> str:
    """Return a hash of all that decides the outputs of a notebook: its code cells.

    Prose and figure captions are left out, so that an edit of a sentence executes nothing.

    Args:
        source: a py:percent file.

    Raises:
        NotebookError: for a file that cannot be read.
    """
    code = [split_options(text)[1] for text in code_cells(source)]
    return hashlib.sha256("\n%%\n".join(code).encode()).hexdigest()


def parse(source: Path) -> ast.Module:
    """Return the syntax tree of a notebook.

    Args:
        source: a py:percent file.

    Raises:
        NotebookError: for a line that is not Python; the message names it.
    """
    try:
        return ast.parse(read_text(source))
    except SyntaxError as error:
        line = (error.text or "").strip()
        magic = "; comment a magic out: # " + line if line.startswith(("%", "!")) else ""
        message = f"{source}:{error.lineno}: {line!r} is not Python: {error.msg}{magic}"
        raise NotebookError(message) from None


def check_parameters(source: Path, given: Mapping[str, Any]) -> None:
    """Check parameters by the text of a notebook.

    What two parameters must be to each other is checked when the notebook runs.

    Args:
        source: a py:percent file.
        given: parameter -> value.

    Raises:
        ParameterError: for names and values that the notebook does not take.
        NotebookError: for a faulty notebook.
    """
    declared = declared_parameters(source)
    cell = next((text for heading, text in cells(source) if '"parameters"' in heading), "")
    defaults = bound_names(cell)
    if not defaults:
        return  # nothing to know from the text
    for name, value in given.items():
        if name not in defaults:
            shown = name if value is None else f"{name} = {value!r}"  # nobody types None
            raise ParameterError(f"{shown}: unknown; {meant(name, defaults)}")
    try:
        values = {name: ast.literal_eval(value) for name, value in defaults.items()}
    except ValueError:
        return  # a default that is computed, which the notebook itself checks
    if declared:
        declared(**{**values, **given})


def declared_parameters(source: Path) -> type[Config] | None:
    """Return the class that a notebook checks its parameters by, with nothing but its fields.

    It is made from its text and from what its fields use; methods are left out, and with them
    the imports of what computes, which take seconds.

    Args:
        source: a py:percent file.

    Raises:
        NotebookError: for a faulty notebook.
    """
    tree = parse(source)
    checking = _checking_classes(tree)
    for position, statement in enumerate(tree.body):
        if isinstance(statement, ast.ClassDef) and statement.name in checking:
            fields = [s for s in statement.body if isinstance(s, ast.AnnAssign)]
            statement.body = [*fields] or [ast.Pass()]
            module = ast.Module([*_used_by(statement, tree.body[:position]), statement], [])
            namespace: dict[str, Any] = {"__name__": "parameters"}
            exec(compile(module, str(source), "exec", dont_inherit=True), namespace)
            return namespace[statement.name]
    return None


def _checking_classes(tree: ast.Module) -> set[str]:
    """Return the names whose method `from_namespace` is called."""
    return {
        node.func.value.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "from_namespace"
        and isinstance(node.func.value, ast.Name)
    }


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
    """Return the names that a statement binds."""
    if isinstance(statement, ast.ClassDef | ast.FunctionDef):
        return {statement.name}
    stored = (n for n in ast.walk(statement) if isinstance(n, ast.Name))
    return {name.id for name in stored if isinstance(name.ctx, ast.Store)}


def _names(statement: ast.stmt) -> set[str]:
    """Return all names in a statement."""
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
