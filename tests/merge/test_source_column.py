"""Sites that differ in level: the slope within them is found where a column says which site it is.

Pooled coefficients have a penalty, which takes a little off the slope (`ddlib.merge.pooling`).
"""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from ddlib.merge.merged import merge
from ddlib.tables import Settings, read_sources

SLOPE = 0.8


@cache
def tables():
    """Two sites whose x differ by 3 and y by -4 standard deviations, of one slope."""
    random = np.random.default_rng(3)

    def site(x_level, y_level, extra, n=150):
        x, noise = random.normal(size=(2, n))
        table = {"x": x + x_level, "y": y_level + SLOPE * x + 0.6 * noise}
        return pd.DataFrame(table | {extra: x + random.normal(size=n)}).round(3)

    return {"north": site(0.0, 4.0, "u"), "south": site(3.0, 0.0, "v")}


def fitted(task, source_column):
    sources = read_sources(tables(), Settings(source_column=source_column))
    return merge(sources, [task], num_draws=2)


def slope(rows):
    """The slope of y on x in weighted rows, with a level for each site where they have sites."""
    inputs = rows[["x", *(["site"] if "site" in rows else [])]]
    inputs = pd.get_dummies(inputs, drop_first=True, dtype=float)
    return LinearRegression().fit(inputs, rows["y"], rows["weight"]).coef_[0]


def within():
    """The slope within the real sites, by least squares of what is left of their means."""
    parts = [table[["x", "y"]] - table[["x", "y"]].mean() for table in tables().values()]
    x, y = pd.concat(parts).to_numpy().T
    return x @ y / (x @ x)


def test_with_the_column_the_slope_within_sites_is_recovered():
    rows = fitted("y ~ x + site", "site").rows
    assert set(rows["site"]) == {"north", "south"}
    assert slope(rows) == pytest.approx(within(), abs=0.04)
    assert within() == pytest.approx(SLOPE, abs=0.1)


def test_without_it_the_slope_is_that_between_sites():
    x, y = pd.concat(tables().values())[["x", "y"]].to_numpy().T
    rows = fitted("y ~ x", None).rows
    assert slope(rows) == pytest.approx(np.polyfit(x, y, 1)[0], abs=0.02)
    assert slope(rows) < -0.3


def test_a_dot_takes_it_in_and_a_minus_leaves_it_out():
    terms = fitted("y ~ .", "site").pooled["y ~ ."].design.terms
    assert "site = south" in terms
    terms = fitted("y ~ . - site", "site").pooled["y ~ . - site"].design.terms
    assert "site = south" not in terms


def test_rows_for_the_density_have_the_levels_of_their_site():
    rows = fitted("density", "site").rows
    for label, table in tables().items():
        own = rows.loc[rows["site"] == label, ["x", "y"]]
        assert len(own) == pytest.approx(len(rows) / 2, abs=3)
        np.testing.assert_allclose(own.mean(), table[["x", "y"]].mean(), atol=0.3)
