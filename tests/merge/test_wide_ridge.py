"""Bayesian ridge regression of many terms against scikit-learn's."""

import numpy as np
import pytest
from sklearn.linear_model import BayesianRidge

from ddlib.merge.wide_ridge import WideRidge


def rows(num_rows: int, num_terms: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    factors = generator.normal(size=(3, num_terms))
    x = generator.normal(size=(num_rows, 3)) @ factors + generator.normal(
        2, 1, (num_rows, num_terms)
    )
    return x, x[:, :4].sum(1) + generator.normal(5, 1, num_rows)


@pytest.mark.parametrize(("num_rows", "num_terms"), [(300, 40), (60, 59), (30, 50)])
def test_it_is_scikit_learns_bayesian_ridge(num_rows: int, num_terms: int) -> None:
    x, y = rows(num_rows, num_terms, seed=num_terms)
    ours, theirs = WideRidge().fit(x, y), BayesianRidge().fit(x, y)
    new, _ = rows(20, num_terms, seed=0)
    for name in ("coef_", "alpha_", "lambda_", "sigma_", "intercept_"):
        np.testing.assert_allclose(
            getattr(ours, name), getattr(theirs, name), rtol=1e-6, atol=1e-9, err_msg=name
        )
    for own, other in zip(
        ours.predict(new, return_std=True), theirs.predict(new, return_std=True), strict=True
    ):
        np.testing.assert_allclose(own, other, rtol=1e-7)


def test_terms_that_repeat_one_another_share_their_coefficient() -> None:
    x, y = rows(100, 5, seed=1)
    found = WideRidge().fit(np.column_stack([x, x]), y).coef_
    np.testing.assert_allclose(found[:5], found[5:], atol=1e-10)


def test_a_constant_response_is_its_own_prediction() -> None:
    x, _ = rows(50, 5, seed=2)
    mean, deviation = WideRidge().fit(x, np.full(50, 3.0)).predict(x, return_std=True)
    np.testing.assert_allclose(mean, 3.0)
    assert np.isfinite(deviation).all()
