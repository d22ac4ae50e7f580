"""Which of the packages knows which: tasks and methods know learners, not the other way round."""

import ast
from pathlib import Path

import pytest

import ddlib

ROOT = Path(ddlib.__file__).parent
FORBIDDEN = {
    "problem": {"learners", "distillers", "tasks", "merge", "experiments"},
    "learners": {"distillers", "tasks", "merge", "experiments"},
    "distillers": {"tasks", "merge", "experiments"},
    "tasks": {"distillers", "merge", "experiments"},
}


def imported(path):
    """Return the packages of ddlib that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = [node.module] if isinstance(node, ast.ImportFrom) else []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            first, *rest = name.split(".")
            if first == "ddlib" and rest:
                yield rest[0]


@pytest.mark.parametrize("package", FORBIDDEN)
def test_a_package_imports_none_above_it(package):
    files = sorted((ROOT / package).glob("*.py"))
    assert len(files) > 2
    for path in files:
        assert not set(imported(path)) & FORBIDDEN[package], path.name
