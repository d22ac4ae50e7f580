"""Rubin's rules, against statsmodels and by hand."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.imputation.mice import MICE, MICEData

from ddlib.merge.design import Design
from ddlib.merge.formula import parse_task
from ddlib.merge.pooling import combine, pool
from ddlib.tables import Column, Schema

SCHEMA = Schema(
    (
        Column("a", "number", low=-9.0, high=9.0),
        Column("b", "number", low=-9.0, high=9.0),
        Column("y", "number", low=-9.0, high=9.0),
        Column("died", "binary", (0, 1), dtype="int64"),
    )
)


def draws(count=5, num_rows=80, noise=0.5):
    """Tables of which the second column differs."""
    drawn = np.random.default_rng(0)
    a, b, error = drawn.normal(size=(3, num_rows))
    y = 1 + a - b + error
    died = (drawn.random(num_rows) < 1 / (1 + np.exp(-a - b))).astype(float)
    tables = [np.column_stack([a, b, y, died]) for _ in range(count)]
    for table in tables:
        table[: num_rows // 2, 1] += noise * drawn.normal(size=num_rows // 2)
    return tables


def pooled(text, tables, penalty=0.0):
    return pool(Design.of(parse_task(text, SCHEMA), SCHEMA, tables), tables, penalty=penalty)


def test_a_regression_is_pooled_as_statsmodels_does():
    """Its `MICE` combines fits of draws; ours are put in the place of its own."""
    tables = draws()
    frames = iter([pd.DataFrame(table, columns=["a", "b", "y", "died"]) for table in tables])

    class Ours(MICEData):
        def update_all(self, n_iter=1):
            if n_iter:  # none before the first draw
                self.data = next(frames)

    data = pd.DataFrame(tables[0], columns=["a", "b", "y", "died"])
    data.loc[0, "a"] = np.nan
    theirs = MICE("y ~ a + b", sm.OLS, Ours(data)).fit(0, len(tables))
    found = pooled("y ~ a + b", tables)
    np.testing.assert_allclose(found.estimate[0], theirs.params, rtol=1e-7)
    np.testing.assert_allclose(found.standard_error[0], theirs.bse, rtol=1e-7)


@pytest.mark.parametrize("text", ["died ~ a + b", "y ~ a + b"])
def test_estimates_and_errors_are_those_of_statsmodels_by_hand(text):
    tables = draws()
    fits = []
    for table in tables:
        x = sm.add_constant(table[:, :2])
        model = sm.Logit(table[:, 3], x) if text[0] == "d" else sm.OLS(table[:, 2], x)
        fits.append(model.fit(disp=0) if text[0] == "d" else model.fit())
    estimates = np.array([each.params for each in fits])
    within = np.mean([each.bse**2 for each in fits], axis=0)
    between = estimates.var(0, ddof=1)
    total = within + (1 + 1 / len(fits)) * between
    found = pooled(text, tables)
    np.testing.assert_allclose(found.estimate[0], estimates.mean(0), rtol=1e-5)
    np.testing.assert_allclose(found.standard_error[0], np.sqrt(total), rtol=1e-5)


def test_degrees_of_freedom_and_missing_information_of_a_published_example():
    """One parameter by hand: M = 5, U = 4, B = 0.5, 20 complete degrees of freedom."""
    estimates = np.array([[1.0], [2.0], [2.5], [1.5], [1.0]])
    between = estimates.var(ddof=1)
    found = combine(estimates, np.full((5, 1), 4.0), complete=20.0)
    increase = 1.2 * between / 4.0
    share = increase / (1 + increase)
    old, observed = 4 / share**2, 20 * 21 / 23 * (1 - share)
    freedom = old * observed / (old + observed)
    assert found.estimate[0] == pytest.approx(1.6)
    assert found.variance[0] == pytest.approx(4.0 + 1.2 * between)
    assert found.degrees_of_freedom[0] == pytest.approx(freedom)
    missing = (increase + 2 / (freedom + 3)) / (increase + 1)
    assert found.missing_information[0] == pytest.approx(missing)


def test_equal_draws_miss_nothing():
    tables = draws(noise=0.0)
    found = pooled("died ~ a + b", tables)
    fit = sm.Logit(tables[0][:, 3], sm.add_constant(tables[0][:, :2])).fit(disp=0)
    np.testing.assert_allclose(found.standard_error[0], fit.bse, rtol=1e-5)
    np.testing.assert_array_equal(found.missing_information, 0.0)
    assert (found.degrees_of_freedom < 80).all()


def test_what_is_missing_is_said_of_the_coefficient_that_it_touches():
    found = pooled("y ~ a + b", draws(count=20))
    assert found.missing_information[0, 2] > found.missing_information[0, 1]
    assert (found.missing_information < 1).all()


def test_intervals_of_draws_from_the_right_law_hold_the_truth_as_often_as_they_say():
    """Half of x is missing, and drawn from its law given y with all parameters drawn as well."""
    drawn = np.random.default_rng(0)
    schema = Schema(
        (Column("x", "number", low=-9.0, high=9.0), Column("y", "number", low=-9.0, high=9.0))
    )
    task = parse_task("y ~ x", schema)
    hits = 0
    for _ in range(200):
        x = drawn.normal(size=60)
        y = x + drawn.normal(size=60)
        fills = []
        for _ in range(5):
            seen = sm.OLS(x[30:], sm.add_constant(y[30:])).fit()
            variance = seen.scale * 28 / drawn.chisquare(28)
            root = np.linalg.cholesky(seen.normalized_cov_params * variance)
            slopes = seen.params + root @ drawn.normal(size=2)
            missing = slopes[0] + slopes[1] * y[:30] + variance**0.5 * drawn.normal(size=30)
            fills.append(np.column_stack([np.r_[missing, x[30:]], y]))
        table = pool(Design.of(task, schema, fills), fills, penalty=0.0).table()
        hits += table.loc[1, "low"] < 1.0 < table.loc[1, "high"]
    assert stats.binomtest(int(hits), 200, 0.95).pvalue > 0.01


def test_the_table_has_a_row_for_each_coefficient():
    table = pooled("died ~ a + b", draws()).table()
    assert [*table["term"]] == ["intercept", "a", "b"]
    assert set(table["outcome"]) == {"died = 1"}
    assert (table["low"] < table["estimate"]).all()
    assert (table["estimate"] < table["high"]).all()


def test_a_penalty_shrinks_and_keeps_separated_levels_finite():
    tables = draws()
    for table in tables:
        table[:, 3] = table[:, 0] > 0
    strong, weak = (pooled("died ~ a", tables, penalty=p).estimate[0, 1] for p in (10.0, 1.0))
    assert 0 < strong < weak < np.inf


def test_one_draw_is_refused():
    with pytest.raises(ValueError, match="estimates: of 1 draws; must be of two or more"):
        combine(np.ones((1, 2)), np.ones((1, 2)), complete=5.0)
