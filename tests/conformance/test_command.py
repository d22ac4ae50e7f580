"""The command `ddlib conform`: a line per property, and an exit code."""

import hashlib
import sys

import pytest

from ddlib import __main__ as program
from ddlib.cli import main
from ddlib.conformance import OF_METHODS, ON_PROBLEMS
from tests.shared.foreign import MINE

SHRUNK = MINE.replace("problem.feasible(problem.initial * self.factor)", "problem.initial * 0.5")


@pytest.fixture
def conform(tmp_path, monkeypatch, capsys):
    """Write a module, examine its `Mine`, and return exit code, output and errors."""
    monkeypatch.syspath_prepend(tmp_path)

    def run(name, text, place=None):
        (tmp_path / f"{name}.py").write_text(text)
        code = main(["conform", place or f"{name}:Mine"])
        return code, *capsys.readouterr()

    return run


def test_a_method_that_conforms_has_a_line_for_each_property_and_code_0(conform):
    code, out, err = conform("conforming", MINE)
    first, *lines, last = out.splitlines()
    digest = hashlib.sha256(MINE.encode()).hexdigest()
    assert first == f"conforming:Mine: conforming.py sha256 {digest}"
    assert (code, err) == (0, "")
    assert len(lines) == len(OF_METHODS) + len(ON_PROBLEMS)
    assert last == f"holds: {len(lines) - 3}, does not apply: 3"


def test_what_fails_is_told_with_its_value_and_code_1(conform):
    code, out, _ = conform("shrinking", SHRUNK)
    assert code == 1
    line = (
        "fails           keeps labels that are fixed: step 1: a label moves by 0.5; must move by 0"
    )
    assert line in out.splitlines()
    assert out.splitlines()[-1].startswith("holds: 13, fails: 3, does not apply: 3")


def test_what_is_refused_is_told_at_the_end(conform):
    text = MINE.replace("yield", "if problem.layout.categorical: raise ValueError\n        yield")
    text = text.replace("raise ValueError", "raise NotApplicable('layout: has classes')")
    code, out, _ = conform("picky", f"from ddlib import NotApplicable\n{text}")
    assert code == 0
    told = [line for line in out.splitlines() if line.startswith("refuses ")]
    assert told == [
        "refuses         moons: layout: has classes",
        "refuses         moons, free labels: layout: has classes",
    ]


def test_what_is_no_method_is_one_line_and_code_2(conform):
    code, out, err = conform("needy", MINE, "needy:Needy")
    assert (code, out) == (2, "")
    told = "needs size, width; must have defaults, or be an object that is made"
    assert err == f"method = 'needy:Needy': Needy {told}\n"


def test_a_module_of_the_current_folder_is_found_by_the_program_too(tmp_path, monkeypatch, capsys):
    (tmp_path / "here_only.py").write_text(MINE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [folder for folder in sys.path if folder])
    monkeypatch.setattr(sys, "argv", ["ddlib", "conform", "here_only:Needy"])
    monkeypatch.setattr(program, "pin_process", lambda: None)  # it would start pytest anew
    assert program.run() == 2
    assert capsys.readouterr().err.startswith("method = 'here_only:Needy': Needy needs size, width")
