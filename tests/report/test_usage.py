"""The code that a report offers finds the coefficients that it tells, whatever the columns are."""

import re

import numpy as np
import pandas as pd
import pytest

from ddlib.merge.merged import merge
from ddlib.report.usage import usage
from ddlib.report.writing import write_table
from ddlib.tables import Settings, read_sources

KINDS = {"how": ["low", "mid", "high"], "code": "category", "when": "date"}
TASKS = ["out ~ .", "=x ~ how + when + code", "place ~ =x + code", "density"]


@pytest.fixture(scope="module")
def merged():
    """Rows of columns that need care: words in an order of their own, dates, codes, formulas."""
    rng = np.random.default_rng(0)
    n = 240
    x = rng.normal(5, 2, n).round(2)
    table = pd.DataFrame(
        {
            "=x": x,
            "how": np.array(KINDS["how"])[np.digitize(x + rng.normal(size=n), [4, 6])],
            "code": rng.choice([7, 3, 12], n),
            "when": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), "D"),
            "place": rng.choice(["=a", "b", "c"], n),
            "out": np.where(x + rng.logistic(size=n) > 5, "yes", "-no"),
        }
    )
    tables = [table.iloc[:120].drop(columns="place"), table.iloc[120:].drop(columns="how")]
    sources = read_sources(tables, Settings(kinds=KINDS))
    return merge(sources, TASKS, num_rows=120, num_draws=2)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_code_finds_the_coefficients(merged, tmp_path, monkeypatch, suffix, place, capsys):
    monkeypatch.chdir(tmp_path)
    write_table(merged.rows, tmp_path / f"out{suffix}", suffix)
    task = merged.tasks[place]
    names = {}
    exec(usage(task, merged.schema, f"out{suffix}", merged.weight_column), names)
    printed = capsys.readouterr().out
    table = merged.pooled[task.text].table()
    wanted = table.pivot(index="outcome", columns="term", values="estimate").sort_index()
    wanted.columns = [name.replace(" = ", "_") for name in wanted.columns]
    model = names["model"]
    found = np.atleast_2d(model.coef_)
    if task.learned == "multinomial":
        found = (found - found[0])[1:]
    terms = [name.replace("'", "") for name in names["x"].columns]
    np.testing.assert_allclose(found, wanted[terms], rtol=2e-4, atol=1e-7)
    (line,) = [line for line in printed.splitlines() if line.startswith("intercept ")]
    told = [float(word) for word in re.findall(r"-?\d+\.?\d*(?:e[-+]\d+)?", line)]
    own = told[1:] if task.learned == "multinomial" else told
    np.testing.assert_allclose(own, wanted["intercept"], rtol=2e-3)
    assert all(str(name) in printed for name in names["x"].columns)


def test_nothing_is_learnt_for_a_density(merged):
    assert usage(merged.tasks[3], merged.schema, "out.csv", None) == ""
