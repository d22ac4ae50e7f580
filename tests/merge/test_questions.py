"""The scores and the information of tasks, against statsmodels, scikit-learn and by hand."""

from functools import cache

import numpy as np
import pytest
import statsmodels.api as sm
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss

from ddlib.merge.design import Design
from ddlib.merge.formula import parse_task
from ddlib.merge.questions import ask
from ddlib.merge.table_task import TableLearner, codes_of, rows_of
from ddlib.tables import Column, Schema

SCHEMA = Schema(
    (
        Column("a", "number", low=-9.0, high=9.0),
        Column("b", "number", low=-9.0, high=9.0),
        Column("site", "category", ("u", "v", "w"), dtype="str"),
        Column("y", "number", low=-50.0, high=50.0),
        Column("died", "binary", (0, 1), dtype="int64"),
    )
)
LINEAR, LOGISTIC, LEVELS = "y ~ a + b", "died ~ a + b", "site ~ a + b"


def law(seed, size):
    drawn = np.random.default_rng(seed)
    a, b = drawn.normal(size=(2, size))
    site = np.digitize(a + drawn.normal(size=size), [-0.5, 0.5])
    y = 10 + 3 * a - b + 2 * drawn.normal(size=size)
    died = (a - b + drawn.logistic(size=size) > 0.5).astype(float)
    return np.column_stack([a, b, site, y, died])


REAL = law(0, 500)


@cache
def question(text):
    design = Design.of(parse_task(text, SCHEMA), SCHEMA, [REAL, REAL])
    return ask(design, [REAL, REAL])


def standardised(codes):
    """The inputs a and b in standard deviations of the real rows, after an intercept."""
    x = (codes[:, :2] - REAL[:, :2].mean(0)) / REAL[:, :2].std(0)
    return sm.add_constant(x)


def test_scores_are_those_of_statsmodels_in_units_of_the_information():
    """The penalty adds to the information, so that its rows are not quite the identity."""
    found = question(LOGISTIC)
    model = sm.Logit(REAL[:, 4], standardised(REAL))
    theta = found.pooled.theta[0]
    theirs = model.score_obs(theta)
    information = -model.hessian(theta) / 500 + np.diag([0, 1, 1]) / 500
    ours = found.equations(REAL)
    np.testing.assert_allclose(
        ours @ ours.T, theirs @ np.linalg.solve(information, theirs.T), atol=1e-9
    )
    np.testing.assert_allclose(ours.T @ ours / 500, np.eye(3), atol=0.15)


def test_scores_of_a_linear_regression_are_residuals_times_terms_over_the_variance():
    found = question(LINEAR)
    x = standardised(REAL)
    y = (REAL[:, 3] - REAL[:, 3].mean()) / REAL[:, 3].std()
    residuals = y - x @ found.pooled.theta[0]
    variance = 2 * np.square(residuals).sum() / (2 * 500 - 3)  # over the rows of both draws
    theirs = residuals[:, None] * x / variance
    information = x.T @ x / 500 / variance + np.diag([0, 1, 1]) / 500 / variance
    ours = found.equations(REAL)
    np.testing.assert_allclose(
        ours @ ours.T, theirs @ np.linalg.solve(information, theirs.T), atol=1e-9
    )
    assert found.dispersion == pytest.approx(variance)


@pytest.mark.parametrize("text", [LINEAR, LOGISTIC, LEVELS])
def test_the_mean_of_a_weighted_score_is_that_of_copies(text):
    rows = law(1, 50)
    counts = np.random.default_rng(2).integers(1, 4, 50)
    copies = np.repeat(rows, counts, axis=0)
    np.testing.assert_allclose(
        question(text).mean_score(rows, counts.astype(float)),
        question(text).mean_score(copies),
        atol=1e-12,
    )


def test_what_is_learnt_from_rows_is_the_fit_of_scikit_learn_at_the_real_count():
    """Sixty rows count as the 500 real ones, so that the penalty is as light as there."""
    rows = law(3, 60)
    weights = np.random.default_rng(4).uniform(0.5, 1.5, 60)
    counts = weights * 500 / weights.sum()
    x = standardised(rows)[:, 1:]
    theirs = LogisticRegression(C=1.0, tol=1e-12, max_iter=10_000)
    theirs.fit(x, rows[:, 4], sample_weight=counts)
    ours = question(LOGISTIC).learn(rows, weights, penalty=1.0)
    np.testing.assert_allclose(ours[0], [theirs.intercept_[0], *theirs.coef_[0]], atol=1e-5)
    y = (rows[:, 3] - REAL[:, 3].mean()) / REAL[:, 3].std()
    ridge = Ridge(1.0).fit(x, y, sample_weight=counts)
    ours = question(LINEAR).learn(rows, weights, penalty=1.0)
    np.testing.assert_allclose(ours[0], [ridge.intercept_, *ridge.coef_], atol=1e-8)


@pytest.mark.parametrize("text", [LOGISTIC, LEVELS])
def test_the_loss_is_the_log_loss_of_scikit_learn_over_rows_that_show_the_target(text):
    found = question(text)
    place = found.design.target
    rows = law(5, 80)
    rows[:20, place] = np.nan
    theta = found.pooled.theta
    logits = np.column_stack([np.zeros(60), standardised(rows[20:]) @ theta.T])
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    wanted = log_loss(rows[20:, place], p, labels=range(p.shape[1]))
    assert found.loss(theta, rows) == pytest.approx(wanted)


def test_the_loss_of_numbers_is_half_the_squared_error_in_residual_variances():
    found = question(LINEAR)
    rows = law(6, 80)
    y = (rows[:, 3] - REAL[:, 3].mean()) / REAL[:, 3].std()
    errors = y - standardised(rows) @ found.pooled.theta[0]
    wanted = np.square(errors).mean() / (2 * found.dispersion)
    assert found.loss(found.pooled.theta, rows) == pytest.approx(wanted)


def test_rows_without_a_level_tell_nothing_of_its_coefficient():
    design = Design.of(parse_task("y ~ a + site", SCHEMA), SCHEMA, [REAL, REAL])
    found = ask(design, [REAL, REAL])
    rows = law(7, 200)
    assert found.rank(rows) == 4
    assert found.rank(rows[rows[:, 2] != 2]) == 3
    assert found.rank(rows[rows[:, 2] == 0]) == 2
    alike = np.repeat(rows[:1], 50, axis=0)
    assert found.rank(alike) == 1


def test_information_sums_to_nothing_and_does_not_depend_on_the_order_of_the_terms():
    columns = SCHEMA.columns
    turned = Schema((columns[1], columns[0], *columns[2:]))
    codes = REAL[:, [1, 0, 2, 3, 4]]
    other = ask(Design.of(parse_task(LOGISTIC, turned), turned, [codes] * 2), [codes] * 2)
    ours, theirs = question(LOGISTIC).information(REAL), other.information(codes)
    np.testing.assert_allclose(ours.mean(0), 0, atol=1e-9)
    np.testing.assert_allclose(ours @ ours.T, theirs @ theirs.T, atol=1e-6)


def test_a_learner_of_several_tasks_adds_their_losses():
    questions = (question(LINEAR), question(LOGISTIC))
    learner = TableLearner(questions)
    rows = rows_of(law(8, 90))
    models = learner(rows)
    alone = [q.loss(model, REAL) for q, model in zip(questions, models, strict=True)]
    assert float(learner.loss(models, REAL)) == pytest.approx(sum(alone))
    codes, weights = codes_of(rows)
    np.testing.assert_array_equal(codes, law(8, 90))
    np.testing.assert_array_equal(weights, 1.0)
