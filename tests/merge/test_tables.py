"""Merging tables in one call: moments, units, and what is refused before any work."""

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
    with pytest.warns(UserWarning, match="are never seen together, such as 'mean texture'"):
        merged(tables, 5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_rows": 8}, "num_rows = 8: must be above the number of columns, 8"),
        ({"noise_std": -1.0}, r"noise_std\[.mean texture.\] = -1.0: must be finite and at least 0"),
        ({"noise_std": {"age": 1.0}}, r"noise_std: columns \['age'\]; must be among \['mean tex"),
        ({"ridge": -1.0}, "ridge = -1.0: must be finite and at least 0 pseudo-rows"),
        ({"tables": []}, "sources: none given; must be at least one"),
    ],
)
def test_impossible_arguments_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        merged(**settings)
