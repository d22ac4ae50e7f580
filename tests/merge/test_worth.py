"""What rows are worth, against closed forms, copies of real rows and a fit of statsmodels."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
import statsmodels.api as sm

from ddlib.merge.design import Design
from ddlib.merge.formula import parse_task
from ddlib.merge.questions import ask
from ddlib.merge.worth import loss, worth
from ddlib.tables import Column, Schema

SCHEMA = Schema(
    (
        Column("a", "number", low=-9.0, high=9.0),
        Column("b", "number", low=-9.0, high=9.0),
        Column("y", "number", low=-9.0, high=9.0),
        Column("died", "binary", (0, 1), dtype="int64"),
    )
)
N = 2000
TASKS = ["y ~ a + b", "died ~ a + b", "density"]


def law(seed, size):
    """Complete rows of one law."""
    drawn = np.random.default_rng(seed)
    a, b, error = drawn.normal(size=(3, size))
    died = drawn.random(size) < 1 / (1 + np.exp(0.5 - a + b))
    return np.column_stack([a, 0.6 * a + 0.8 * b, 1 + a - b + error, died.astype(float)])


REAL = law(0, N)


def question(text, draws):
    return ask(Design.of(parse_task(text, SCHEMA), SCHEMA, draws), draws)


@cache
def complete(text):
    """A task, of rows of which nothing is missing."""
    return question(text, [REAL, REAL])


@dataclass
class Stated:
    """A question of which all that counts is stated."""

    num_rows: int
    missing: float
    spread: float
    off: tuple[float, ...]

    def mean_score(self, codes, weights=None):
        return np.array(self.off)


@pytest.mark.parametrize("off", [(0.0, 0.0), (0.1, 0.0), (0.3, 0.4)])
@pytest.mark.parametrize("missing", [0.0, 0.5])
def test_variances_of_the_sources_and_of_the_rows_add(off, missing):
    """1 / N = (1 + b) / n + |s|² / E|s|², in the units of one real row."""
    stated = Stated(200, missing, 2.0, off)
    square = sum(part**2 for part in off)
    assert loss(stated, REAL) == pytest.approx(square / 2)
    assert 1 / worth(stated, REAL) == pytest.approx((1 + missing) / 200 + square / 2.0)


@pytest.mark.parametrize("text", TASKS)
def test_the_real_rows_are_worth_themselves_and_what_is_missing_less(text):
    assert complete(text).missing == pytest.approx(0, abs=1e-12)
    # The penalty's pull on the coefficients is all that keeps the equations from holding.
    assert worth(complete(text), REAL) == pytest.approx(N, rel=0.02)
    other = REAL.copy()
    other[: N // 2, 1] = law(1, N)[: N // 2, 1]
    lacking = question(text, [REAL, other])
    assert lacking.missing > 0
    assert worth(lacking, REAL) < N


@pytest.mark.parametrize("text", TASKS)
def test_rows_drawn_anew_are_worth_their_number_beside_the_real_ones(text):
    """Of resamples of m real rows the mean of 1 / N is 1 / n + 1 / m."""
    drawn = np.random.default_rng(3)
    found = [1 / worth(complete(text), REAL[drawn.integers(N, size=100)]) for _ in range(400)]
    error = np.std(found) / 400**0.5
    assert np.mean(found) == pytest.approx(1 / N + 1 / 100, abs=4 * error)
    assert 4 * error < 0.2 / 100


@pytest.mark.parametrize("text", TASKS)
def test_weights_count_as_copies_do(text):
    rows = law(4, 60)
    counts = np.random.default_rng(5).integers(1, 5, 60)
    copies = np.repeat(rows, counts, axis=0)
    for measure in (loss, worth):
        found = measure(complete(text), rows, counts.astype(float))
        assert found == pytest.approx(measure(complete(text), copies), rel=1e-9)
        assert measure(complete(text), rows, counts / 7) == pytest.approx(found, rel=1e-9)


@pytest.mark.parametrize("text", ["y ~ a + b", "died ~ a + b"])
def test_the_loss_is_the_likelihood_that_the_answer_of_the_rows_gives_away(text):
    """To first order: of many rows of nearly the law, per real row, as statsmodels has it."""
    drawn = np.random.default_rng(6)
    rows = REAL[drawn.integers(N, size=1500)]
    model = sm.Logit if text.startswith("died") else sm.OLS
    place = 3 if text.startswith("died") else 2
    real = model(REAL[:, place], sm.add_constant(REAL[:, :2]))
    kept = {"disp": 0} if text.startswith("died") else {}
    best = real.fit(**kept)
    theirs = model(rows[:, place], sm.add_constant(rows[:, :2])).fit(**kept).params
    if text.startswith("died"):
        gap = real.loglike(best.params) - real.loglike(theirs)
    else:
        errors = [REAL[:, 2] - real.predict(params) for params in (theirs, best.params)]
        gap = (np.square(errors[0]).sum() - np.square(errors[1]).sum()) / (2 * best.scale)
    assert loss(complete(text), rows) == pytest.approx(gap / N, rel=0.2)


def test_the_loss_of_a_density_is_that_of_its_moments():
    """Of columns of mean 0, variance 1 and no correlation, half the squared moments' errors."""
    table = np.random.default_rng(7).normal(size=(400, 3))
    table -= table.mean(0)
    table @= np.linalg.inv(np.linalg.cholesky(np.cov(table.T, ddof=0))).T
    codes = np.column_stack([table, REAL[:400, 3]])
    schema = Schema(SCHEMA.columns[:3])
    found = ask(
        Design.of(parse_task("density", schema), schema, [codes[:, :3]] * 2), [codes[:, :3]] * 2
    )
    rows = law(8, 90)[:, :3]
    means, products = rows.mean(0), rows.T @ rows / 90 - np.eye(3)
    wanted = np.square(means).sum() / 2 + np.square(products).sum() / 4
    assert loss(found, rows) == pytest.approx(wanted, rel=1e-9)
