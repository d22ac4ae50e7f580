"""What a fit returns, on tables of all kinds; and what it refuses."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from ddlib.copula import Copula, fit_copula
from ddlib.copula.posterior import effective_sizes
from tests.copula.rows import KINDS, correlated, equal_correlation, mixed_rows, quick_fit
from tests.shared.refusals import HUGE, assert_refused

SCORES = np.random.default_rng(8).standard_normal((60, 3))
TABLES: dict[str, tuple[np.ndarray, list[str]]] = {
    "one number": (SCORES[:, :1], ["number"]),
    "one binary column": (1.0 * (SCORES[:, :1] > 0), ["binary"]),
    "one constant": (np.ones((20, 1)), ["number"]),
    "one category": (np.arange(20.0)[:, None] % 3, ["category"]),
    "ten rows": (SCORES[:10], ["number"] * 3),
    "more columns than rows": (np.random.default_rng(0).normal(size=(12, 20)), ["number"] * 20),
    "levels alone": (np.digitize(SCORES, [-0.5, 0.5]) * 1.0, ["ordered", "category", "count"]),
    "a constant where seen": (
        np.column_stack([SCORES[:, 0], np.where(SCORES[:, 0] > 0, 1, np.nan), SCORES[:, 1]]),
        ["number", "binary", "number"],
    ),
    "copies": (np.column_stack([SCORES[:, 0], SCORES[:, 0], -SCORES[:, 0]]), ["number"] * 3),
    "copies of levels": (1.0 * np.repeat(SCORES[:, :1] > 0, 3, axis=1), ["binary"] * 3),
    "nothing shared": (
        np.where(np.arange(60)[:, None] // 20 == np.arange(3), SCORES, np.nan),
        ["number"] * 3,
    ),
    "one rare event": (
        np.column_stack([np.arange(60) == 7, SCORES[:, 0]]).astype(float),
        ["binary", "number"],
    ),
    "an outlier": (np.where(np.arange(180).reshape(60, 3) == 4, 1e12, SCORES), ["number"] * 3),
}


def assert_sound(fit: Copula, rows: np.ndarray) -> None:
    d = len(fit.correlation)
    assert sum(margin.num_scores for margin in fit.margins) == d
    for correlation in (fit.correlation, *fit.correlations):
        assert correlation.shape == (d, d)
        np.testing.assert_array_equal(correlation.diagonal(), 1.0)
        np.linalg.cholesky(correlation)
    seen = ~np.isnan(rows)
    for table in (*fit.draws, fit.sample(101, seed=0)):
        assert np.isfinite(table).all()
        for j, kind in enumerate(fit.kinds):
            values = np.unique(rows[seen[:, j], j])
            if kind in {"binary", "ordered", "category"}:
                assert set(table[:, j]) <= set(values)
    for draw in fit.draws:
        np.testing.assert_array_equal(draw[seen], rows[seen])


@pytest.mark.parametrize("name", TABLES)
def test_any_table_is_fitted(name: str) -> None:
    rows, kinds = TABLES[name]
    holes = rows.copy()
    holes[5::7, -1] = np.nan
    for table in (rows, holes):
        if name != "ten rows" or table is rows:
            assert_sound(quick_fit(table, kinds, thin=10), table)


def test_mixed_rows_are_fitted() -> None:
    rows = mixed_rows(3)
    fit = quick_fit(rows)
    assert_sound(fit, rows)
    assert fit.kinds == KINDS
    assert len(fit.draws) == len(fit.correlations) == 2
    assert [m.num_scores for m in fit.margins] == [1, 1, 1, 2, 1, 1]
    shown = ~np.isnan(rows)
    together = (shown[:, :, None] & shown[:, None, :]).any(0)
    np.testing.assert_array_equal(fit.seen, together)


def test_a_constant_tells_nothing_of_others() -> None:
    fit = quick_fit(*TABLES["a constant where seen"])
    np.testing.assert_array_equal(fit.correlation[1], [0, 1, 0])
    assert fit.seen.all()
    for table in (*fit.draws, fit.sample(50, seed=0)):
        np.testing.assert_array_equal(table[:, 1], 1)


def test_copies_stay_copies() -> None:
    score = np.random.default_rng(1).standard_normal(400)
    rows = np.column_stack([score, 3 * score, np.exp(score)])
    rows[:130, 0] = rows[130:260, 1] = rows[260:, 2] = np.nan
    fit = fit_copula(rows, ["number"] * 3, seed=0)
    assert fit.correlation.min() > 0.99
    middle = np.abs(score[:130]) < 1.5
    assert np.abs(fit.draws[0][:130, 0] - score[:130])[middle].mean() < 0.1


def test_new_rows_have_the_law_and_no_values_of_single_rows() -> None:
    rows = np.exp(correlated(500, equal_correlation(2, 0.7), 0))
    fit = fit_copula(rows, ["number"] * 2, seed=0)
    new = fit.sample(20_000, seed=0)
    assert np.corrcoef(np.log(new).T)[0, 1] == pytest.approx(0.7, abs=0.05)
    np.testing.assert_allclose(np.quantile(new, 0.5, axis=0), np.quantile(rows, 0.5, 0), rtol=0.1)
    assert not np.isin(new, rows).any()
    assert fit.sample(0, seed=0).shape == (0, 2)


def test_the_chain_says_how_it_mixed() -> None:
    fit = quick_fit(mixed_rows(0), num_draws=4, thin=25)
    assert fit.mixing.sweeps == 100
    assert 1 <= fit.mixing.least <= fit.mixing.median <= 100
    assert fit.mixing.apart == pytest.approx(fit.mixing.least / 4)


@pytest.mark.parametrize("memory", [0.0, 0.5, 0.9])
def test_independent_draws_of_a_path(memory: float) -> None:
    noise = np.random.default_rng(0).standard_normal((20_000, 4))
    path = np.zeros_like(noise)
    for t in range(1, len(path)):
        path[t] = memory * path[t - 1] + noise[t]
    worth = effective_sizes(path) / len(path)
    np.testing.assert_allclose(worth, (1 - memory) / (1 + memory), rtol=0.25)
    assert effective_sizes(np.zeros((10, 1))) == pytest.approx(10)


NUMBER = {"codes": SCORES, "kinds": ["number"] * 3, "seed": 0}
REFUSALS: list[tuple[dict, str]] = [
    ({"codes": SCORES[0]}, "codes: shape (3,); must be (n, p) with p at least 1"),
    ({"codes": SCORES[:, :0], "kinds": []}, "codes: shape (60, 0); must be"),
    ({"codes": [["a"]]}, "codes: a list; must be an array (n, p) of numbers, or NaN"),
    (
        {"codes": np.where(np.arange(180).reshape(60, 3) == 13, np.inf, SCORES)},
        "codes[4, 1] = inf: must be",
    ),
    ({"codes": SCORES[:9]}, "codes: column 0 is seen in 9 rows; must be at least 10 = group"),
    ({"codes": SCORES[:1], "group": 1}, "codes: column 0 is seen in 1 rows; must be at least 2"),
    ({"codes": SCORES * np.nan}, "codes: column 0 is seen in 0 rows"),
    ({"kinds": ["number", "binary", "number"]}, "codes: column 1 is binary and has 60 values"),
    ({"kinds": ["number"] * 2}, "kinds = ['number', 'number']: must be 3"),
    ({"kinds": ["number", "float", "key"]}, "kinds[1] = 'float': must be one of number, count"),
    ({"kinds": "number"}, "kinds = 'number': must be 3"),
    ({"seed": None}, "seed = None: must be a whole number, at least 0, or a numpy Generator"),
    ({"seed": -1}, "seed = -1: must be"),
    ({"num_draws": 0}, "num_draws = 0: must be a whole number, at least 1"),
    ({"burn_in": -1}, "burn_in = -1: must be"),
    ({"thin": 0}, "thin = 0: must be"),
    ({"group": 0}, "group = 0: must be"),
    ({"group": 2.5}, "group = 2.5: must be"),
    ({"group": HUGE}, "codes: column 0 is seen in 60 rows; must be at least"),
    ({"prior_rows": 0}, "prior_rows = 0: must be None or a finite number above 0"),
    ({"prior_rows": math.nan}, "prior_rows = nan: must be None"),
]


@pytest.mark.parametrize(("changed", "message"), REFUSALS)
def test_what_cannot_be_fitted_is_refused(changed: dict, message: str) -> None:
    assert_refused(lambda: fit_copula(**{**NUMBER, **changed}), message)


def test_all_faults_come_at_once() -> None:
    message = "kinds[0] = 'x': must be one of number, count, binary, ordered, category, date; thin"
    assert_refused(lambda: fit_copula(SCORES, ["x", "date", "date"], seed=0, thin=0), message)


CALLS: list[tuple[Callable[[Copula], object], str]] = [
    (lambda fit: fit.sample(-1, seed=0), "num_rows = -1: must be"),
    (lambda fit: fit.sample(3, seed="a"), "seed = 'a': must be"),
]


@pytest.mark.parametrize(("call", "message"), CALLS)
def test_rows_that_cannot_be_drawn_are_refused(call: Callable, message: str) -> None:
    fit = quick_fit(SCORES, ["number"] * 3)
    assert_refused(lambda: call(fit), message)
