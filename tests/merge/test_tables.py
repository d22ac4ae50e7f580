"""Merging tables in one call: moments, units, and what is refused before any work."""

import re

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import load_breast_cancer

from ddlib.experiments.hospitals import load_hospitals
from ddlib.merge import merge_tables

TABLES = load_hospitals(0).tables
LABEL = {"north": TABLES[0], "south": TABLES[1], "east": TABLES[2]}


def merged(tables=TABLES, num_rows=60, seed=0, **settings):
    generator = torch.Generator().manual_seed(seed)
    return merge_tables(tables, num_rows, generator=generator, **settings)


def test_the_merged_table_has_the_moments_of_the_patients():
    """Against all patients, complete: every column is hidden in a third of the sources only."""
    table = merged(num_rows=200)
    patients = load_breast_cancer(as_frame=True).frame[list(table.columns)]
    assert not table.isna().any(axis=None)
    assert ((table.mean() - patients.mean()) / patients.std()).abs().max() < 0.15
    assert (table.std(ddof=0) / patients.std() - 1).abs().max() < 0.15
    np.testing.assert_allclose(table.corr(), patients.corr(), atol=0.15)


def test_complete_tables_keep_means_and_variances_exactly_and_correlations_but_for_cut_arcs():
    complete = load_breast_cancer(as_frame=True).frame.iloc[:300, :4]
    table = merged([complete[:100], complete[100:]], 20, ridge=0.0)
    pd.testing.assert_series_equal(table.mean(), complete.mean(), rtol=1e-6)
    pd.testing.assert_series_equal(table.var(ddof=0), complete.var(ddof=0), rtol=1e-4)
    np.testing.assert_allclose(table.corr(), complete.corr(), atol=0.02)


def test_other_units_and_names_of_sources_give_the_same_table():
    scaled = [table * 1000.0 for table in TABLES]
    pd.testing.assert_frame_equal(merged(scaled), 1000.0 * merged(), rtol=1e-6)
    pd.testing.assert_frame_equal(merged(LABEL), merged())


def test_the_seed_decides_the_rows():
    pd.testing.assert_frame_equal(merged(), merged())
    assert not np.allclose(merged(), merged(seed=1))


def test_noise_is_taken_off_in_the_units_of_its_column():
    name = "mean radius"
    noise = pd.concat(TABLES)[name].std() / 2
    less = merged(noise_std={name: noise})[name].var(ddof=0)
    assert less == pytest.approx(merged()[name].var(ddof=0) - noise**2, rel=0.1)


def test_pairs_that_no_table_has_together_are_told():
    tables = [TABLES[0][["mean texture"]], TABLES[0][["mean smoothness"]]]
    with pytest.warns(UserWarning, match="is never seen together, namely 'mean texture'"):
        merged(tables, 5)


A = pd.DataFrame({"a": [1.0, 2.0, 4.0], "b": [1.0, 3.0, 2.0]})
NOISE = "must be a finite number, at least 0"
BY_COLUMN = f"{NOISE}, or a mapping of column names to such numbers"
RIDGE = "must be a finite number, at least 0 pseudo-rows"
COUNT = "must be a whole number above the number of columns"
TABLES_OF = "must be a sequence or mapping of data frames"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tables": []}, "tables: none given; must be at least one"),
        ({"tables": "ab"}, f"tables = 'ab': {TABLES_OF}"),
        ({"tables": None}, f"tables = None: {TABLES_OF}"),
        ({"tables": A}, f"tables: a DataFrame; {TABLES_OF}"),
        ({"tables": (table for table in [A])}, f"tables: a generator; {TABLES_OF}"),
        ({"tables": [torch.ones(3, 1, 2)]}, "tables[0]: a Tensor; must be a data frame"),
        ({"tables": [A, None]}, "tables[1] = None: must be a data frame"),
        ({"tables": [A.assign(a="x")]}, "tables[0]: column 'a' is str; must be real"),
        (
            {"tables": {"south": A, "north": A.assign(a=np.inf)}},
            "tables['north']: column 'a' is infinite in row 0; must be finite",
        ),
        ({"tables": [A[:1]]}, "tables[0]: 1 row; must be at least 2"),
        ({"tables": [A[[]]]}, "tables: no columns; must be at least one"),
        ({"tables": [A.assign(a=1.0)]}, "tables: column 'a' is constant; must vary"),
        (
            {"tables": [A[:2]], "ridge": 0},
            "tables: 2 rows; must be more than 2, the columns, or the ridge above 0",
        ),
        ({"num_rows": 2}, f"num_rows = 2: {COUNT}, 2"),
        ({"num_rows": 3.0}, f"num_rows = 3.0: {COUNT}, 2"),
        ({"num_rows": True}, f"num_rows = True: {COUNT}, 2"),
        ({"num_rows": None}, f"num_rows = None: {COUNT}, 2"),
        ({"generator": None}, "generator = None: must be a torch.Generator"),
        ({"generator": 0}, "generator = 0: must be a torch.Generator"),
        ({"noise_std": -1.0}, f"noise_std = -1.0: {BY_COLUMN}"),
        ({"noise_std": np.nan}, f"noise_std = nan: {BY_COLUMN}"),
        ({"noise_std": "x"}, f"noise_std = 'x': {BY_COLUMN}"),
        ({"noise_std": None}, f"noise_std = None: {BY_COLUMN}"),
        ({"noise_std": [0.1, 0.1]}, f"noise_std: a list; {BY_COLUMN}"),
        ({"noise_std": pd.Series({"a": 0.1})}, f"noise_std: a Series; {BY_COLUMN}"),
        ({"noise_std": np.ones(2)}, f"noise_std: a ndarray; {BY_COLUMN}"),
        ({"noise_std": {"age": 1.0}}, "noise_std: columns ['age']; must be among ['a', 'b']"),
        (
            {"noise_std": {"a": -1, "b": "x"}},
            f"noise_std['a'] = -1: {NOISE}; noise_std['b'] = 'x': {NOISE}",
        ),
        ({"ridge": -1.0}, f"ridge = -1.0: {RIDGE}"),
        ({"ridge": np.inf}, f"ridge = inf: {RIDGE}"),
        ({"ridge": "1"}, f"ridge = '1': {RIDGE}"),
        ({"ridge": np.ones(2)}, f"ridge: a ndarray; {RIDGE}"),
        (
            {"tables": "ab", "num_rows": 1, "generator": 0, "noise_std": None, "ridge": -1},
            f"tables = 'ab': {TABLES_OF}; num_rows = 1: {COUNT}; "
            f"generator = 0: must be a torch.Generator; noise_std = None: {BY_COLUMN}; "
            f"ridge = -1: {RIDGE}",
        ),
    ],
)
def test_impossible_arguments_are_refused(settings, message):
    given = {"tables": [A], "num_rows": 5, "generator": torch.Generator()} | settings
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        merge_tables(**given)


def test_counts_of_numpy_and_the_values_of_a_dictionary_are_taken():
    table = merged({"north": A}.values(), np.int64(5), ridge=np.float64(1.0))
    pd.testing.assert_frame_equal(table, merged([A], 5))


def test_a_warning_calls_the_tables_by_the_argument():
    with pytest.warns(UserWarning, match=r"tables\['north'\]: columns 'a' and 'c' are perfectly"):
        merged({"north": A.assign(c=2 * A["a"])}, 5)
