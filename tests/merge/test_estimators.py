"""Learners with estimating equations, against statsmodels and scikit-learn."""

import numpy as np
import pytest
import statsmodels.api as sm
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import log_loss

from ddlib.merge.equations import NoOptimum, fit, scores, shrinkage
from ddlib.merge.estimators import LEARNERS

NUM_ROWS, NUM_TERMS = 120, 4


def sample(learned, seed=0):
    drawn = np.random.default_rng(seed)
    x = np.column_stack([np.ones(NUM_ROWS), drawn.normal(size=(NUM_ROWS, NUM_TERMS - 1))])
    weights = drawn.uniform(0.2, 2.0, NUM_ROWS)
    if learned == "linear":
        y = (x @ [1.0, 0.5, -1.0, 0.0] + drawn.normal(size=NUM_ROWS))[:, None]
    else:
        count = 2 if learned == "logistic" else 3
        logits = x[:, :count] + drawn.gumbel(size=(NUM_ROWS, count))
        y = (logits.argmax(1)[:, None] == np.arange(1, count)).astype(float)
    return x, y, weights


each_learner = pytest.mark.parametrize("learned", LEARNERS)


def test_a_logistic_regression_is_that_of_statsmodels_with_weights_as_counts():
    x, y, _ = sample("logistic")
    counts = np.random.default_rng(1).integers(1, 5, NUM_ROWS).astype(float)
    theirs = sm.GLM(y[:, 0], x, family=sm.families.Binomial(), freq_weights=counts).fit(tol=1e-14)
    ours = fit(LEARNERS["logistic"], x, y, counts, penalty=0.0)
    np.testing.assert_allclose(ours[0], theirs.params, atol=1e-8)
    information = LEARNERS["logistic"].information(ours, x, counts)
    np.testing.assert_allclose(np.linalg.inv(information), theirs.cov_params(), rtol=1e-6)
    losses = LEARNERS["logistic"].losses(ours, x, y)
    assert counts @ losses == pytest.approx(-theirs.llf)


def test_a_multinomial_regression_is_that_of_statsmodels():
    x, y, _ = sample("multinomial")
    levels = y @ [1, 2]
    theirs = sm.MNLogit(levels, x).fit(disp=0, tol=1e-14)
    ours = fit(LEARNERS["multinomial"], x, y, penalty=0.0)
    np.testing.assert_allclose(ours, theirs.params.T, atol=1e-6)
    information = LEARNERS["multinomial"].information(ours, x, np.ones(NUM_ROWS))
    np.testing.assert_allclose(np.linalg.inv(information), theirs.cov_params(), rtol=1e-4)
    shares = np.column_stack([1 - y.sum(1), y])
    p = LEARNERS["multinomial"].predict(ours, x)
    mean = log_loss(shares.argmax(1), np.column_stack([1 - p.sum(1), p]))
    assert LEARNERS["multinomial"].losses(ours, x, y).mean() == pytest.approx(mean)


def test_a_linear_regression_is_that_of_statsmodels():
    x, y, _ = sample("linear")
    theirs = sm.OLS(y[:, 0], x).fit()
    ours = fit(LEARNERS["linear"], x, y, penalty=0.0)
    np.testing.assert_allclose(ours[0], theirs.params, atol=1e-10)
    ones, learner = np.ones(NUM_ROWS), LEARNERS["linear"]
    variance = learner.dispersion(ours, x, y, ones)
    assert variance == pytest.approx(theirs.scale)
    covariance = variance * np.linalg.inv(learner.information(ours, x, ones))
    np.testing.assert_allclose(covariance, theirs.cov_params(), rtol=1e-8)


@pytest.mark.parametrize("penalty", [0.1, 1.0, 30.0])
def test_penalties_are_those_of_scikit_learn(penalty):
    x, y, weights = sample("logistic")
    theirs = LogisticRegression(C=1 / penalty, tol=1e-12, max_iter=10_000)
    theirs.fit(x[:, 1:], y[:, 0], sample_weight=weights)
    ours = fit(LEARNERS["logistic"], x, y, weights, penalty=penalty)
    np.testing.assert_allclose(ours[0], [theirs.intercept_[0], *theirs.coef_[0]], atol=1e-5)
    x, y, weights = sample("linear")
    ridge = Ridge(penalty).fit(x[:, 1:], y[:, 0], sample_weight=weights)
    ours = fit(LEARNERS["linear"], x, y, weights, penalty=penalty)
    np.testing.assert_allclose(ours[0], [ridge.intercept_, *ridge.coef_], atol=1e-8)


def test_weights_of_a_linear_regression_are_those_of_scikit_learn():
    x, y, weights = sample("linear")
    theirs = LinearRegression().fit(x[:, 1:], y[:, 0], sample_weight=weights)
    ours = fit(LEARNERS["linear"], x, y, weights, penalty=0.0)
    np.testing.assert_allclose(ours[0], [theirs.intercept_, *theirs.coef_], atol=1e-9)


@each_learner
@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_the_root_solves_the_equations(learned, penalty):
    x, y, weights = sample(learned)
    learner = LEARNERS[learned]
    theta = fit(learner, x, y, weights, penalty=penalty)
    left = weights @ scores(learner, theta, x, y)
    right = shrinkage(theta.shape, penalty) * theta.ravel()
    np.testing.assert_allclose(left, right, atol=1e-8)


@each_learner
def test_scores_and_information_are_the_derivatives_of_the_loss(learned):
    x, y, weights = sample(learned)
    learner = LEARNERS[learned]
    theta = np.random.default_rng(2).normal(size=(y.shape[1], NUM_TERMS)) / 2

    def loss(flat):
        return weights @ learner.losses(flat.reshape(theta.shape), x, y)

    def gradient(flat):
        return -weights @ scores(learner, flat.reshape(theta.shape), x, y)

    step = 1e-5 * np.eye(theta.size)
    flat = theta.ravel()
    first = [(loss(flat + h) - loss(flat - h)) / 2e-5 for h in step]
    np.testing.assert_allclose(gradient(flat), first, rtol=1e-5, atol=1e-6)
    second = [(gradient(flat + h) - gradient(flat - h)) / 2e-5 for h in step]
    np.testing.assert_allclose(learner.information(theta, x, weights), second, atol=1e-4)


def test_levels_told_apart_without_a_fault_have_no_root_but_with_a_penalty():
    x, _, _ = sample("logistic")
    y = (x[:, [1]] > 0).astype(float)
    with pytest.raises(NoOptimum, match="tell the levels apart"):
        fit(LEARNERS["logistic"], x, y, penalty=0.0)
    assert np.isfinite(fit(LEARNERS["logistic"], x, y, penalty=1.0)).all()


def test_terms_that_depend_on_each_other_are_refused_but_with_a_penalty():
    x, y, _ = sample("linear")
    x[:, 3] = x[:, 1]
    with pytest.raises(NoOptimum, match="depend on each other"):
        fit(LEARNERS["linear"], x, y, penalty=0.0)
    theta = fit(LEARNERS["linear"], x, y, penalty=1.0)
    assert theta[0, 1] == pytest.approx(theta[0, 3])


def test_variances_are_those_of_the_predictions():
    x, y, _ = sample("multinomial")
    theta = np.random.default_rng(4).normal(size=(y.shape[1], NUM_TERMS))
    p = LEARNERS["multinomial"].predict(theta, x)
    drawn = np.random.default_rng(5)
    levels = np.array([drawn.multinomial(4000, [1 - row.sum(), *row])[1:] for row in p[:20]])
    np.testing.assert_allclose(levels / 4000, p[:20], atol=0.04)
    variances = LEARNERS["multinomial"].variances(theta, x)
    np.testing.assert_allclose(variances, p - np.square(p), atol=1e-12)
    blocks = LEARNERS["multinomial"].information(theta, x, np.ones(NUM_ROWS))
    own = [blocks[c * NUM_TERMS, c * NUM_TERMS] for c in range(y.shape[1])]
    np.testing.assert_allclose(own, variances.sum(0))
    np.testing.assert_array_equal(LEARNERS["linear"].variances(theta[:1], x), 1.0)


def test_probabilities_are_those_of_scikit_learn_and_survive_large_terms():
    x, y, _ = sample("multinomial")
    levels = y @ np.arange(1, y.shape[1] + 1)
    theirs = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(x[:, 1:], levels)
    both = np.column_stack([theirs.intercept_, theirs.coef_])
    theta = both[1:] - both[0]  # scikit-learn has coefficients of the first level too
    p = LEARNERS["multinomial"].predict(theta, x)
    np.testing.assert_allclose(p, theirs.predict_proba(x[:, 1:])[:, 1:], atol=1e-9)
    far = LEARNERS["multinomial"].losses(1e4 * theta, x, y)
    assert np.isfinite(far).all()
    assert far.max() > 1e3


def test_the_dispersion_is_that_of_weighted_least_squares_of_statsmodels():
    x, y, _ = sample("linear")
    counts = np.random.default_rng(6).integers(1, 4, NUM_ROWS)
    theirs = sm.OLS(np.repeat(y[:, 0], counts), np.repeat(x, counts, axis=0)).fit()
    found = LEARNERS["linear"].dispersion(theirs.params[None], x, y, counts.astype(float))
    assert found == pytest.approx(theirs.scale)
    assert LEARNERS["linear"].dispersion(theirs.params[None], x[:3], y[:3], np.ones(3)) > 0
    assert LEARNERS["logistic"].dispersion(theirs.params[None], x, y, counts) == 1.0
