"""Logistic regression against scikit-learn, autograd, and finite differences."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression as ScikitLogisticRegression
from torch.autograd import gradcheck
from torch.nn.functional import cross_entropy, one_hot

from ddlib.learners import logistic
from ddlib.learners.logistic import LogisticRegression, error_rate, soft_cross_entropy
from ddlib.problem.training import GradientLearner, loss_gradient, train


def soft_rows(num_rows, dim, num_classes, generator):
    inputs = torch.randn(num_rows, dim, dtype=torch.float64, generator=generator)
    labels = torch.randn(num_rows, num_classes, dtype=torch.float64, generator=generator)
    return torch.cat([inputs, labels.softmax(1)], dim=1)


def hard_rows(num_rows, dim, num_classes, generator):
    rows = soft_rows(num_rows, dim, num_classes, generator)
    rows[:, dim:] = one_hot(rows[:, dim:].argmax(1), num_classes)
    return rows


def test_learner_against_scikit_learn(generator):
    rows = hard_rows(40, 3, 4, generator)
    theta = LogisticRegression(num_responses=4, penalty=0.05)(rows)
    inputs = np.column_stack([rows[:, :3], np.ones(40)])  # our intercepts are penalised
    # scikit-learn's C stands before the sum of losses, our penalty beside their mean.
    reference = ScikitLogisticRegression(
        C=1 / (0.05 * 40), fit_intercept=False, solver="newton-cg", tol=1e-12
    ).fit(inputs, rows[:, 3:].argmax(1))
    np.testing.assert_allclose(theta, reference.coef_.T, atol=1e-7)


@pytest.mark.parametrize("num_rows", [2, 30])  # fewer rows than weights of a class, and more
def test_the_loss_has_no_gradient_at_the_optimum(num_rows, generator):
    rows = soft_rows(num_rows, 5, 3, generator)
    rows[0, 5:] *= 1.5  # free labels need not sum to 1
    learner = LogisticRegression(3, penalty=1e-3)
    gradient = loss_gradient(learner, learner(rows), rows)
    assert gradient.norm() < 1e-12
    assert loss_gradient(learner, learner(rows) + 0.01, rows).norm() > 1e-6


@pytest.mark.parametrize("num_rows", [3, 8])
def test_gradient_against_finite_differences(num_rows, generator):
    rows = soft_rows(num_rows, 4, 3, generator).requires_grad_()
    learner = LogisticRegression(3, penalty=0.02)
    assert gradcheck(learner, rows, rtol=1e-5, atol=1e-8)


def test_single_precision_finds_the_same_optimum(generator):
    rows = hard_rows(60, 20, 5, generator)
    learner = LogisticRegression(5, penalty=1e-3)
    torch.testing.assert_close(learner(rows.float()).double(), learner(rows), atol=1e-3, rtol=1e-3)


def test_large_inputs_need_damping_and_get_it(monkeypatch):
    rows = hard_rows(12, 4, 3, torch.Generator().manual_seed(2))
    rows[:, :4] *= 100
    learner = LogisticRegression(3, penalty=1e-6)
    assert loss_gradient(learner, learner(rows), rows).norm() < 1e-9
    monkeypatch.setattr(logistic, "MAX_HALVINGS", 1)
    with pytest.raises(ArithmeticError, match="no optimum"):
        learner(rows)


def test_no_convergence_is_an_error(generator, monkeypatch):
    monkeypatch.setattr(logistic, "MAX_NEWTON_STEPS", 1)
    with pytest.raises(ArithmeticError, match=r"no optimum after 1 Newton steps.*penalty = 0.01"):
        LogisticRegression(3, penalty=0.01)(soft_rows(10, 2, 3, generator))


@pytest.mark.parametrize("spoil", [-10.0, float("nan")])
def test_rows_without_an_optimum_are_an_error(spoil, generator):
    rows = soft_rows(10, 2, 3, generator)
    rows[:, 2:] *= spoil
    with pytest.raises(ArithmeticError, match="Hessian is not positive definite"):
        LogisticRegression(3, penalty=0.01)(rows)


def test_descent_stands_in_for_the_optimum(generator):
    rows = soft_rows(20, 3, 3, generator)
    learner = LogisticRegression(3, penalty=0.1)
    assert isinstance(learner, GradientLearner)
    start = learner.initial(rows, generator=generator)
    descended = train(learner, start, rows, num_steps=learner.num_steps)
    torch.testing.assert_close(learner.model(descended), learner(rows), atol=1e-6, rtol=0)


def test_layers_leave_the_intercepts_out(generator):
    rows = soft_rows(20, 3, 4, generator)
    learner = LogisticRegression(4, penalty=0.1)
    theta = learner(rows)
    (weights,) = learner.layers(theta)
    inputs = rows[:, :3]
    assert weights.shape == (3, 4)
    torch.testing.assert_close(learner.logits(theta, inputs), inputs @ weights + theta[3])


def test_cross_entropy_against_torch(generator):
    logits = torch.randn(2, 5, 3, generator=generator)
    labels = torch.randn(2, 5, 3, generator=generator).softmax(-1)
    expected = torch.stack([cross_entropy(*pair) for pair in zip(logits, labels, strict=True)])
    torch.testing.assert_close(soft_cross_entropy(logits, labels), expected)


def test_cross_entropy_refuses_to_broadcast():
    with pytest.raises(ValueError, match=r"labels: shape \(4, 1\); must be .* logits, \(4, 3\)"):
        soft_cross_entropy(torch.zeros(4, 3), torch.zeros(4, 1))


def test_error_rate_counts_rows():
    logits = torch.tensor([[2.0, 1.0], [0.0, 3.0], [5.0, 4.0], [1.0, 0.0]])
    labels = torch.tensor([[1.0, 0.0], [0.7, 0.3], [0.9, 0.1], [0.6, 0.4]])
    assert error_rate(logits, labels).item() == 0.25
    torch.testing.assert_close(
        error_rate(logits.reshape(2, 2, 2), labels.reshape(2, 2, 2)), torch.tensor([0.5, 0.0])
    )


@pytest.mark.parametrize(
    ("setting", "value"),
    [("num_responses", 1), ("penalty", 0.0), ("num_steps", 0), ("step_size", 0)],
)
def test_bad_settings_are_refused(setting, value):
    settings = {"num_responses": 3, "penalty": 0.1} | {setting: value}
    with pytest.raises(ValueError, match=f"{setting} = {value}: must be"):
        LogisticRegression(**settings)
