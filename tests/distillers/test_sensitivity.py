"""Sensitivities against generalised eigenvalues; weights, draws, and what they reach."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from scipy.linalg import eigh
from scipy.stats import chi2
from sklearn.linear_model import Ridge as SklearnRidge

from ddlib.distillers import RandomSubset, SensitivityCoreset
from ddlib.distillers.sensitivity import draw_weighted, sensitivities
from ddlib.learners.bayesian_regression import BayesianRegression
from ddlib.learners.ridge import Ridge, squared_error
from ddlib.problem import NotApplicable, TrainingCriterion
from tests.distillers.test_conformance import new_generator
from tests.distillers.test_objectives import TASK, normal, ridge_problem

PENALTY = 0.1  # of the ridge problem


@pytest.mark.parametrize("penalty", [0.0, 0.3])
@pytest.mark.parametrize("num_responses", [1, 2])
def test_they_bound_the_largest_share_of_the_loss_closely(penalty, num_responses):
    """That share is an eigenvalue: of a row's form against that of all, over weights and scale."""
    z = normal(30, 5).numpy()
    form = np.diag([penalty] * (5 - num_responses) + [0.0] * num_responses)
    got = sensitivities(torch.from_numpy(z), num_responses, penalty).numpy()
    shares = [eigh(np.outer(row, row) + form, z.T @ z + 30 * form)[0][-1] for row in z]
    assert (got >= np.array(shares) - 1e-12).all()
    assert (got <= np.array(shares) + 1 / 30 + 1e-12).all()


def test_columns_that_depend_on_each_other_do_not_count_twice():
    rows = normal(20, 3)
    more = torch.cat([rows[:, :1], rows], dim=1)
    torch.testing.assert_close(sensitivities(more, 1, 0.0), sensitivities(rows, 1, 0.0))


def test_draws_have_their_probabilities_and_weights():
    scores = torch.tensor([0.5, 1.0, 2.0, 4.0], dtype=torch.float64)
    chosen, weights = draw_weighted(scores, 4000, generator=new_generator())
    expected = 4000 * scores / 7.5
    statistic = ((chosen.bincount(minlength=4) - expected) ** 2 / expected).sum().item()
    assert statistic < chi2.ppf(0.9999, df=3)
    torch.testing.assert_close(weights, (7.5 / 4 / scores)[chosen])


def test_the_learner_learns_from_its_rows_what_it_learns_from_weighted_ones():
    """By scikit-learn, which takes weights."""
    problem = ridge_problem()
    (rows,) = SensitivityCoreset().steps(problem, generator=new_generator(5))
    scores = sensitivities(problem.training, 2, PENALTY)
    chosen, weights = draw_weighted(scores, 6, generator=new_generator(5))
    drawn = problem.training[chosen].numpy()
    fit = SklearnRidge(alpha=6 * PENALTY, fit_intercept=False)
    fit.fit(drawn[:, :3], drawn[:, 3:], sample_weight=weights.numpy())
    torch.testing.assert_close(problem.learner(rows), torch.from_numpy(fit.coef_.T))


@pytest.mark.parametrize("size", [None, 60])
def test_a_posterior_of_many_draws_is_that_of_all_rows(size):
    """Whether the learner is told how many rows a set speaks for, or takes it for what it is."""
    learner = BayesianRegression(2, 0.3, 1.0, effective_size=size)
    problem = replace(ridge_problem(), learner=learner)
    sets = [
        next(SensitivityCoreset().steps(problem, generator=new_generator(seed)))
        for seed in range(300)
    ]
    moments = torch.stack([rows.T @ rows for rows in sets])
    if size is not None:
        moments = moments * size / 6
    error = moments.std(0) / len(sets) ** 0.5
    assert ((moments.mean(0) - problem.training.T @ problem.training).abs() < 5 * error).all()


def test_it_is_far_better_than_random_rows_where_few_rows_speak_of_an_input():
    """Three rows in sixty; the working criterion, the mean over 40 sets of twelve rows."""
    problem = ridge_problem()
    inputs, responses = problem.training.split([3, 2], dim=1)
    rare = inputs.clone()
    rare[:, 0] = 0.0
    rare[:3, 0] = torch.tensor([4.0, -5.0, 6.0], dtype=rare.dtype)
    rows = torch.cat([rare, responses + (rare - inputs) @ Ridge(2, 1e-6)(problem.training)], dim=1)
    criterion = TrainingCriterion(partial(squared_error, rows, task=TASK))
    problem = replace(problem, training=rows, initial=rows[:12].clone(), criterion=criterion)

    def worth(method):
        sets = [next(method.steps(problem, generator=new_generator(seed))) for seed in range(40)]
        return sum(criterion(problem.learner(rows)).item() for rows in sets) / len(sets)

    assert worth(SensitivityCoreset()) < 0.5 * worth(RandomSubset())


def test_rows_that_may_not_be_scaled_are_refused():
    problem = replace(ridge_problem(), feasible=lambda rows: rows.clamp(-1e-3, 1e-3))
    with pytest.raises(NotApplicable, match="feasible: changes scaled rows"):
        next(SensitivityCoreset().steps(problem, generator=new_generator()))
