"""Weights that make estimating equations hold on rows, against a general optimiser and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from ddlib.merge.calibration import NoWeights, calibrate, kish


def equations(seed, rows=40, count=4, shift=0.1):
    return np.random.default_rng(seed).standard_normal((rows, count)) + shift


@given(st.integers(0, 200), st.integers(60, 90), st.integers(1, 3))
def test_the_equations_hold_with_weights_above_0_of_mean_1(seed, rows, count):
    s = equations(seed, rows, count)
    weights = calibrate(s)
    assert weights.min() > 0
    assert weights.mean() == pytest.approx(1.0, abs=1e-12)
    assert np.abs(weights @ s / len(s)).max() < 1e-10


def test_no_other_weights_are_nearer():
    s = equations(3)
    found = minimize(
        lambda w: float((w * np.log(w)).sum()),
        np.ones(len(s)),
        jac=lambda w: np.log(w) + 1,
        bounds=[(1e-6, None)] * len(s),
        constraints=[
            {"type": "eq", "fun": lambda w: w @ s, "jac": lambda w: s.T},
            {"type": "eq", "fun": lambda w: w.sum() - len(s), "jac": np.ones_like},
        ],
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-14},
    )
    assert found.success
    np.testing.assert_allclose(calibrate(s), found.x, atol=1e-4)


def test_units_and_repeated_equations_change_nothing():
    s = equations(5)
    more = np.column_stack([s * [1e-3, 1.0, 1e4, 7.0], s @ np.ones(4)])
    np.testing.assert_allclose(calibrate(more), calibrate(s), atol=1e-8)


def test_equations_that_hold_already_leave_the_weights_1():
    s = equations(7)
    np.testing.assert_allclose(calibrate(s - s.mean(0)), 1.0, atol=1e-10)


def test_what_no_weights_solve_is_refused():
    with pytest.raises(NoWeights):
        calibrate(np.abs(equations(0)) + 0.1)
    with pytest.raises(NoWeights, match="3 rows for 3 equations"):
        calibrate(equations(0, rows=3, count=3))


def test_kish_counts_rows():
    assert kish(np.ones(8)) == pytest.approx(8)
    assert kish(np.array([1.0, 1.0, 0.0, 0.0])) == pytest.approx(2)


def test_equations_without_a_newton_step_are_refused(monkeypatch):
    def fails(*arguments, **options):
        raise np.linalg.LinAlgError("SVD did not converge in Linear Least Squares")

    monkeypatch.setattr(np.linalg, "lstsq", fails)
    with pytest.raises(NoWeights, match="no weights solve the equations"):
        calibrate(equations(0))
