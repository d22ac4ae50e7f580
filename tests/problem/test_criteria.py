"""Criteria that are floats, as scikit-learn's metrics, beside the same numbers in tensors."""

import numpy as np
import pytest
import torch
from sklearn.metrics import mean_squared_error

from ddlib.distillers import DISTILLERS
from ddlib.learners.kernel_ridge import RBF, KernelRidge
from ddlib.learners.ridge import Ridge
from ddlib.problem import (
    DistillationProblem,
    NotApplicable,
    TestCriterion,
    TrainingCriterion,
    ValidationCriterion,
    distill,
    evaluate,
)
from ddlib.problem.rows import Layout

RIDGE = Ridge(1, penalty=0.1)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def rows_of(dtype=torch.float64):
    return torch.randn(20, 4, dtype=dtype, generator=seeded(1))


def metric(learner, rows):
    """The mean squared error of scikit-learn, a float."""
    return lambda model: mean_squared_error(rows[:, 3:], learner.predict(model, rows[:, :3]))


def loss(learner, rows):
    """The same number in a tensor."""
    return lambda model: (learner.predict(model, rows[:, :3]) - rows[:, 3:]).square().mean()


def problem_of(score, dtype=torch.float64, learner=RIDGE):
    rows = rows_of(dtype)
    criterion = TrainingCriterion(score(learner, rows))
    layout = Layout(1)
    return DistillationProblem(learner, criterion, rows[:4].clone(), training=rows, layout=layout)


def test_a_float_reports_and_chooses():
    rows = rows_of()
    value = evaluate(RIDGE, rows, TestCriterion(metric(RIDGE, rows)))
    assert value == pytest.approx(evaluate(RIDGE, rows, TestCriterion(loss(RIDGE, rows))))
    validation = ValidationCriterion(metric(RIDGE, rows))
    run = distill(
        problem_of(loss), DISTILLERS["first-order"], num_steps=5, generator=seeded(),
        validation=validation,
    )  # fmt: skip
    values = [metric(RIDGE, rows)(RIDGE(s.rows)) for s in run.snapshots]
    assert [s.validation for s in run.snapshots] == values
    assert values[-1] < values[0]


@pytest.mark.parametrize("number", [2, 2.0, np.float32(2.0), np.float64(2.0)])
def test_any_real_number_is_one(number):
    assert evaluate(RIDGE, rows_of(), TestCriterion(lambda model: number)) == 2.0


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_float_is_descended_without_its_gradient(dtype):
    runs = [
        distill(problem_of(score, dtype), DISTILLERS["zeroth-order"], num_steps=3,
                generator=seeded())
        for score in (metric, loss)
    ]  # fmt: skip
    ours, theirs = (run.rows for run in runs)
    assert ours.dtype == dtype
    tolerance = 1e-2 if dtype == torch.float32 else 1e-9  # of differences of close numbers
    torch.testing.assert_close(ours, theirs, rtol=tolerance, atol=tolerance)
    assert not ours.equal(problem_of(loss, dtype).initial)


@pytest.mark.parametrize("learner", [RIDGE, KernelRidge(1, RBF(1.0), penalty=0.1)])
def test_the_criterion_is_named_where_the_float_is_what_has_no_gradient(learner):
    problem = problem_of(metric_without_graph, learner=learner)
    told = r"^criterion: has no gradient, as a float has none; use a zeroth-order distiller$"
    with pytest.raises(NotApplicable, match=told):
        distill(problem, DISTILLERS["first-order"], num_steps=1, generator=seeded())


def metric_without_graph(learner, rows):
    def score(model):
        with torch.no_grad():
            return metric(learner, rows)(model)

    return score


@pytest.mark.parametrize("learner", [RIDGE, KernelRidge(1, RBF(1.0), penalty=0.1)])
def test_regressions_predict_what_their_error_is_of(learner):
    rows = rows_of()
    model = learner(rows)
    predicted = learner.predict(model, rows[:2, :3])
    assert predicted.shape == (2, 1)
    kernel = learner.kernel(rows[:, :3], rows[:, :3]).numpy()
    dual = np.linalg.solve(kernel + 20 * 0.1 * np.eye(20), rows[:, 3:].numpy())
    np.testing.assert_allclose(predicted, kernel[:2] @ dual, atol=1e-12)
