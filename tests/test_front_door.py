"""`from ddlib import …`: every name is there, comes from its home, and loads nothing else."""

import ast
import inspect
import subprocess
import sys
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

import ddlib
from ddlib.book.imports import library_files
from ddlib.problem import Distillation
from ddlib.tasks.registry import FAMILIES

SOURCE = Path(ddlib.__file__)


def test_what_types_see_is_what_is_imported():
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {alias.name: node.module for node in block.body for alias in node.names}
    assert seen == ddlib._HOMES
    assert sorted(ddlib.__all__) == sorted(seen)


@pytest.mark.parametrize("name", ddlib.__all__)
def test_each_name_is_there_and_says_what_it_is(name):
    assert getattr(ddlib, name).__doc__
    assert name in dir(ddlib)


@pytest.mark.parametrize("name", ddlib.__all__)
def test_each_class_describes_what_it_is_made_of(name):
    kind = getattr(ddlib, name)
    made_of = fields(kind) if isinstance(kind, type) and is_dataclass(kind) else ()
    assert not [f.name for f in made_of if f"\n    {f.name}: " not in inspect.getdoc(kind)]


def test_what_distill_returns_is_described_with_its_properties():
    assert "\nReturns:\n" in inspect.getdoc(ddlib.distill)
    names = [name for name, what in vars(Distillation).items() if isinstance(what, property)]
    first, _, _ = inspect.getdoc(Distillation).partition("\n\n")
    assert {"chosen", "rows"} <= set(names)
    assert not [name for name in names if f"`{name}`" not in first]


def test_the_families_of_tasks_are_named_where_one_is_asked_for():
    assert not [name for name in FAMILIES if f'"{name}"' not in inspect.getdoc(ddlib.draw_tasks)]


def test_an_unknown_name_is_refused():
    with pytest.raises(ImportError, match="cannot import name 'nothing'"):
        from ddlib import nothing  # noqa: F401


def test_to_import_the_library_loads_nothing_slow():
    code = "import sys, ddlib; print([m for m in ('torch', 'numpy', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_script_depends_on_the_modules_of_the_names_that_it_imports(tmp_path):
    script = tmp_path / "chapter.py"
    script.write_text("from ddlib import coverage\n", encoding="utf-8")
    files = library_files(script, SOURCE.parents[1])
    assert "ddlib/merge/coverage.py" in files
    assert not [file for file in files if file.startswith(("ddlib/distillers", "ddlib/tasks"))]
