"""A sweep measures a method of someone else: found again, unless its code has become another."""

import sys

import pytest

from ddlib.cli import main
from ddlib.config import ParameterError
from ddlib.experiments.benchmark import BENCHMARK, BenchmarkConfig
from ddlib.runs.audit import recompute
from ddlib.runs.store import Store
from ddlib.runs.stored import StoreError
from tests.shared.foreign import MINE, install

GRID = """
experiment: benchmark
parameters: {{seed: 0, num_rows: 2, task: prediction, method: [exact, {method}]}}
"""
QUICK = {"seed": 0, "num_rows": 2, "task": "prediction"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "swept_module.py").write_text(MINE)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop("swept_module", None)


def sweep(folder, method):
    """Compute a grid as a batch of `make sweep` does, and return what is stored of a method."""
    grid, results = folder / "grid.yml", folder / "results"
    grid.write_text(GRID.format(method=method))
    words = ["batch", grid, 0, 2, "--results", results, "--failures", folder / "failures"]
    assert main([str(word) for word in words]) == 0
    config = BenchmarkConfig(**QUICK, method=method)
    return config, Store((results,)).find(BENCHMARK, config)


@pytest.mark.parametrize("method", ["swept_module:Mine", "shrink"])
def test_a_sweep_measures_it_on_all_tasks_and_says_which_code_it_was(folder, method):
    install(folder, "theirs", "shrink = swept_module:Mine")
    config, stored = sweep(folder, method)
    assert stored.rows["judged_on"].nunique() == 8
    assert stored.rows["value"].notna().all()
    assert stored.provenance["foreign"] == config.foreign_sources()
    text = config.foreign_sources()[method]
    assert "swept_module.py sha256 " in text
    assert text.startswith("theirs 1.2, ") == (method == "shrink")
    own = BenchmarkConfig(**QUICK, method="exact")
    stored_own = Store((folder / "results",)).find(BENCHMARK, own)
    assert stored_own.provenance["foreign"].keys() == {"family transitions held out"}
    assert recompute(stored) == []


def test_rows_of_other_code_are_not_served_and_not_audited(folder):
    config, stored = sweep(folder, "swept_module:Mine")
    (folder / "swept_module.py").write_text(MINE.replace("0.5", "0.25"))
    del sys.modules["swept_module"]  # as a new process has it
    assert config.foreign_sources() != stored.provenance["foreign"]
    assert Store((folder / "results",)).find(BENCHMARK, config) is None
    with pytest.raises(StoreError, match=r"holds rows of the code .*swept_module.py sha256"):
        recompute(stored)
    _, fresh = sweep(folder, "swept_module:Mine")
    assert not fresh.rows["value"].equals(stored.rows["value"])


def test_what_is_no_method_is_told_before_any_work_with_the_line_of_the_grid(folder, capsys):
    for method, told in [
        ("swept_module:Min", "swept_module has no Min; perhaps Mine?"),
        ("no_such_module:M", "there is no module no_such_module; must be installed, or on PYTHON"),
        ("exacd", "unknown; perhaps exact?"),
        ("all row", "unknown; perhaps all rows?"),
    ]:
        with pytest.raises(ParameterError) as error:
            BenchmarkConfig(**QUICK, method=method)
        assert str(error.value).startswith(f"method = {method!r}: {told}")
        (folder / "grid.yml").write_text(GRID.format(method=method))
        assert main(["grid", str(folder / "grid.yml"), "--results", str(folder)]) == 2
        line = f"{folder / 'grid.yml'}:3: method = {method!r}: {told}"
        assert capsys.readouterr().err.startswith(line)
