"""Rows for tables of any kinds of columns have the types, ranges and levels of these tables."""

import numpy as np
import pandas as pd
import pytest

from ddlib.tables import TablesError, read_sources
from tests.merge.people import merged

FIRST = pd.Timestamp("1961-02-03")
# What a column holds, of scores that all columns share in part.
MAKERS = {
    "number": lambda z, drawn: (5 + 9 * z).round(int(drawn.integers(0, 4))),
    "exact": lambda z, drawn: np.exp(z) * 1e-7,
    "large": lambda z, drawn: 1e9 + 10 * z,
    "count": lambda z, drawn: drawn.poisson(np.exp(1 + 0.5 * z)),
    "many zeros": lambda z, drawn: np.maximum((3 * z).round(1), 0),
    "two values": lambda z, drawn: np.where(z > 0, 0.25, 0.5),
    "event": lambda z, drawn: (z > 0.3).astype(int),
    "truth": lambda z, drawn: z > 0,
    "two texts": lambda z, drawn: np.where(z > 0, "=1", "-b"),
    "stage": lambda z, drawn: 1 + np.digitize(z, [-0.7, 0, 0.7]),
    "halves": lambda z, drawn: np.digitize(z, [-0.5, 0.5]) / 2,
    "texts": lambda z, drawn: drawn.permutation(["a", "b 1", "ü"])[np.digitize(z, [-0.5, 0.5])],
    "rare texts": lambda z, drawn: drawn.choice([f"t{i}" for i in range(12)], len(z)),
    "site": lambda z, drawn: drawn.integers(1, 4, len(z)),
    "date": lambda z, drawn: FIRST + pd.to_timedelta((400 * z).round(), "D"),
    "moment": lambda z, drawn: FIRST + pd.to_timedelta((4e6 * z).round(), "s"),
}


def random_tables(seed):
    """Two tables of some kinds of columns, one of which each lacks, some cells missing."""
    drawn = np.random.default_rng(seed)
    size = int(drawn.integers(80, 120))
    shared = drawn.normal(size=size)
    kinds = drawn.choice(sorted(MAKERS), int(drawn.integers(3, 6)))
    table = pd.DataFrame(
        {
            f"{kind} {place}": MAKERS[kind](0.7 * shared + 0.7 * drawn.normal(size=size), drawn)
            for place, kind in enumerate(kinds)
        }
    )
    table["age"] = (60 + 9 * shared).round(1)
    table = table.mask(drawn.random(table.shape) < drawn.choice([0.0, 0.15]))
    lacking = drawn.choice(table.columns[:-1], 2)
    half = size // 2
    return [
        table.iloc[:half].drop(columns=lacking[0]),
        table.iloc[half:].drop(columns=lacking[1]),
    ]


def asked(sources, seed):
    """A task that the columns allow."""
    names = [c.name for c in sources.schema if c.kind not in ("key", "date")]
    drawn = np.random.default_rng([seed, 1])
    return "density" if drawn.random() < 0.25 else f"`{drawn.choice(names)}` ~ ."


def decimals(values):
    """Most decimals that numbers show when they are written."""
    return max(len(f"{value:.12f}".rstrip("0").partition(".")[2]) for value in values)


def assert_of(rows, seen):
    """Assert that a column of rows is like what the tables show, `seen`, without the schema."""
    assert rows.notna().all()
    if pd.api.types.is_string_dtype(seen.dtype) or seen.nunique() <= 2:
        assert set(rows) <= set(seen)
        return
    assert rows.min() >= seen.min()
    assert rows.max() <= seen.max()
    if pd.api.types.is_datetime64_any_dtype(seen.dtype):
        whole = (seen == seen.dt.normalize()).all()
        assert not whole or (rows == rows.dt.normalize()).all()
    elif decimals(seen) < 5:
        assert decimals(rows) <= decimals(seen)


@pytest.mark.parametrize("seed", range(8))
def test_rows_pass_the_schema_and_resemble_the_cells_that_came(seed):
    tables = random_tables(seed)
    sources = read_sources(tables)
    task = asked(sources, seed)
    found = merged(tables, task, num_rows=60, weights=seed % 4 > 0, seed=seed)
    rows = found.rows[list(found.schema.names)]
    assert found.schema.faults(rows) == []
    assert rows.shape == (60, len(sources.schema.without_keys()))
    for name in rows:
        assert_of(
            rows[name], pd.concat([t[name] for t in sources.tables.values() if name in t]).dropna()
        )
    weights = found.weights
    assert weights.min() > 0
    assert weights.mean() == pytest.approx(1, abs=1e-12)
    most = sum(map(len, sources.tables.values()))
    assert all(0 < worth <= most for worth in found.worth.values())


def read_or_faults(tables):
    """Sources, or None and the lines that refuse the tables."""
    try:
        return read_sources(tables), ()
    except TablesError as error:
        return None, error.faults


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_refused_is_refused_while_tables_are_read(seed):
    """Rare levels and few rows are; all that comes through becomes rows."""
    drawn = np.random.default_rng(seed)
    tables = [table.iloc[: int(drawn.integers(8, 30))] for table in random_tables(100 + seed)]
    sources, faults = read_or_faults(tables)
    assert (sources is None) == bool(faults)
    assert all("must" in line for line in faults)
    if sources is not None:
        found = merged(tables, asked(sources, seed), num_rows=60)
        assert found.schema.faults(found.rows[list(found.schema.names)]) == []
