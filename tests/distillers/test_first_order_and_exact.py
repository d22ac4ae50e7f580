"""Gradient descent through the learner, and rows by a right inverse of it."""

from functools import partial

import pytest
import torch
from torch.optim import SGD

from ddlib.distillers.exact import Exact
from ddlib.distillers.first_order import FirstOrder
from ddlib.problem import DistillationProblem, TrainingCriterion, distill


def test_first_order_follows_the_exact_gradient(generator):
    """On |mean|^2 the gradient in each row is 2 mean / m: one step, by hand."""
    initial = torch.tensor([[1.0], [3.0]], dtype=torch.float64)
    problem = DistillationProblem(
        lambda rows, generator=None: rows.mean(0),
        TrainingCriterion(lambda model: model.square().sum()),
        initial,
    )
    method = FirstOrder(optimizer=partial(SGD, lr=0.5))
    run = distill(problem, method, num_steps=1, generator=generator)
    assert run.rows.tolist() == [[0.0], [2.0]]
    assert not run.rows.requires_grad


def test_first_order_refuses_a_learner_without_gradient(generator):
    problem = DistillationProblem(
        lambda rows, generator=None: rows.detach().mean(0),
        TrainingCriterion(lambda model: model.sum()),
        torch.zeros(2, 1),
    )
    with pytest.raises(ValueError, match="has no gradient; use a zeroth-order distiller"):
        distill(problem, FirstOrder(), num_steps=1, generator=generator)


def test_exact_refuses_a_learner_without_right_inverse(generator):
    problem = DistillationProblem(
        lambda rows, generator=None: rows, TrainingCriterion(torch.sum), torch.zeros(2, 1)
    )
    with pytest.raises(ValueError, match="has no rows_for"):
        distill(problem, Exact(None), num_steps=1, generator=generator)
