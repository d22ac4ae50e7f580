"""Tasks of a linear system whose learner is no ridge regression: posterior, kernel, network.

They take the same rows as those of `ddlib.tasks.transitions`, which names them.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from math import e, log, pi
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ddlib.dbn import DBNLearner, negative_log_likelihood
from ddlib.learners.bayesian_regression import (
    BayesianRegression,
    Posterior,
    expected_predictive_loss,
    predictive_loss,
)
from ddlib.learners.gaussian import Gaussian
from ddlib.learners.kernel_ridge import RBF, KernelRidge, prediction_error
from ddlib.problem import TestCriterion, TrainingCriterion, ValidationCriterion
from ddlib.problem.rows import Layout
from ddlib.tasks.task import Task
from ddlib.tasks.two_slices import TwoSlices, slices

if TYPE_CHECKING:
    from ddlib.tasks.transitions import Transitions

NUM_STATES, NUM_INPUTS, NOISE_STD = 3, 1, 0.5
NUM_VARIABLES = NUM_STATES + NUM_INPUTS
LAYOUT = Layout(num_responses=NUM_VARIABLES)
ALL_STATES = torch.tensor([1.0, 1.0, 1.0, 0.0], dtype=torch.float64) / NUM_STATES


def posterior(data: Transitions) -> Task:
    """Learn what all training rows say of the weights: the divergence from their posterior.

    The posterior of all training rows is the target itself, so nothing stands in for it.

    Args:
        data: a system and its rows.
    """
    learner = BayesianRegression(
        NUM_VARIABLES, NOISE_STD, prior_std=1.0, effective_size=len(data.training)
    )
    target = _of_states(learner(data.training))

    def divergence(model: Posterior) -> Tensor:
        return target.kl(_of_states(model))

    return Task(
        learner,
        data.training,
        TrainingCriterion(divergence),
        ValidationCriterion(divergence),
        TestCriterion(divergence),
        LAYOUT,
        lambda num_rows: 0.0,
    )


def held_out_posterior(data: Transitions) -> Task:
    """Learn the same posterior, judged by what it predicts of the next states of other rows.

    What is descended stays the divergence from the posterior of all training rows. The test is the
    mean over next states by the law, given those of the test rows. The bound is the entropy of the
    noise: nothing that knows the states and inputs alone predicts better.

    Args:
        data: a system and its rows.
    """
    inputs, weights = LAYOUT.inputs(data.test), data.law.weights[:, :NUM_STATES]

    def expected(model: Posterior) -> Tensor:
        return expected_predictive_loss(inputs, weights, _of_states(model), NOISE_STD)

    rows = data.validation[:, : NUM_VARIABLES + NUM_STATES]

    def seen(model: Posterior) -> Tensor:
        return predictive_loss(rows, _of_states(model), NOISE_STD)

    entropy = NUM_STATES * 0.5 * log(2 * pi * e * NOISE_STD**2)
    return replace(
        posterior(data),
        validation=ValidationCriterion(seen),
        test=TestCriterion(expected),
        bound=lambda num_rows: entropy,
    )


def _of_states(posterior: Posterior) -> Posterior:
    """Return the posterior of the next states alone; the next inputs are noise."""
    return replace(posterior, mean=posterior.mean[:, :NUM_STATES])


def kernel_regression(data: Transitions) -> Task:
    """Predict next states by kernel ridge regression, judged by the squared error.

    The test is the mean over next states by the law, given those of the test rows.

    Args:
        data: a system and its rows.
    """
    kernel = RBF.median(LAYOUT.inputs(data.training))
    inputs, noise = LAYOUT.inputs(data.test), data.system.noise_std**2
    means = torch.cat([inputs, inputs @ data.law.weights], dim=1)

    def expected(model: Any) -> Tensor:
        return prediction_error(means, model, task=ALL_STATES) + noise * ALL_STATES.sum()

    def on(rows: Tensor) -> partial[Tensor]:
        return partial(prediction_error, rows, task=ALL_STATES)

    return Task(
        KernelRidge(NUM_VARIABLES, kernel, penalty=1e-3),
        data.training,
        TrainingCriterion(on(data.training)),
        ValidationCriterion(on(data.validation)),
        TestCriterion(expected),
        LAYOUT,
        lambda num_rows: noise,
    )


def bayesian_network(data: Transitions) -> Task:
    """Learn a dynamic Bayesian network, structure and all, judged by its cross-entropy.

    Args:
        data: a system and its rows.
    """
    learner = DBNLearner(ridge=1.0, effective_size=len(data.training))
    law = Gaussian(*data.system.network().moments(2))
    return Task(
        TwoSlices(learner),
        data.training,
        TrainingCriterion(negative_log_likelihood(slices(data.training))),
        ValidationCriterion(negative_log_likelihood(slices(data.validation))),
        TestCriterion(lambda network: law.cross_entropy(Gaussian(*network.moments(2)))),
        bound=lambda num_rows: law.entropy().item(),
    )
