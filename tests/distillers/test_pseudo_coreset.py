"""Bayesian pseudo-coresets: posterior and divergence by Bayes' rule and torch, what it reaches."""

from dataclasses import replace

import pytest
import torch
from torch.distributions import MultivariateNormal, Normal, kl_divergence
from torch.optim import SGD

from ddlib.distillers import PseudoCoreset
from ddlib.distillers.pseudo_coreset import posterior_learner
from ddlib.learners.bayesian_regression import BayesianRegression
from ddlib.learners.ridge import Ridge
from ddlib.problem import NotApplicable, distill
from ddlib.tasks.transitions import draw_transitions
from tests.distillers.test_conformance import new_generator
from tests.distillers.test_objectives import (
    assert_same_gradient,
    finite_differences,
    normal,
    ridge_problem,
    step_of,
)

NOISE, PRIOR, MANY = 0.4, 1.5, 60


def bayes_problem():
    learner = BayesianRegression(2, NOISE, PRIOR, effective_size=MANY)
    return replace(ridge_problem(), learner=learner)


def by_bayes(rows):
    """The posterior of each response as torch has it: rows to the power of n / m, and a prior."""
    x, y = rows[:, :3], rows[:, 3:]
    weight = MANY / len(rows) / NOISE**2
    precision = torch.eye(3, dtype=rows.dtype) / PRIOR**2 + weight * x.T @ x
    means = torch.linalg.solve(precision, weight * x.T @ y).T
    return [MultivariateNormal(mean, precision_matrix=precision) for mean in means]


def divergence(first, second):
    return sum(kl_divergence(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("which", ["reverse", "forward"])
def test_it_steps_down_the_divergence_that_torch_has(which):
    problem = bayes_problem()
    target = by_bayes(problem.training)

    def objective(rows):
        pair = by_bayes(rows), target
        return divergence(*(pair if which == "reverse" else pair[::-1]))

    method = PseudoCoreset(which, optimizer=lambda moved: SGD(moved, lr=1.0))
    assert_same_gradient(step_of(method, problem), finite_differences(objective, problem.initial))


def test_that_divergence_is_the_mean_log_ratio_of_densities():
    """By 20 000 draws, within five standard errors: the posterior without Bayes' closed form."""
    rows, target = normal(6, 5, seed=5), ridge_problem().training
    first, second = by_bayes(rows), by_bayes(target)
    noise = torch.randn(20_000, 2, 3, dtype=torch.float64, generator=new_generator(1))
    means, roots = (torch.stack([getattr(p, n) for p in first]) for n in ("mean", "scale_tril"))
    draws = means + (roots @ noise[..., None])[..., 0]

    def log_joint(data, weight):
        values = draws @ data[:, :3].T  # (draws, 2, rows)
        fits = Normal(values, NOISE).log_prob(data[:, 3:].T).sum((1, 2))
        return weight * fits + Normal(0.0, PRIOR).log_prob(draws).sum((1, 2))

    # The two evidences are constants: what they are follows from the closed form's own densities.
    ratio = log_joint(rows, MANY / 6) - log_joint(target, 1.0)
    closed = sum(
        a.log_prob(draws[:, j]) - b.log_prob(draws[:, j])
        for j, (a, b) in enumerate(zip(first, second, strict=True))
    )
    torch.testing.assert_close(ratio - ratio.mean(), closed - closed.mean(), rtol=0, atol=1e-6)
    error = closed.std() / len(closed) ** 0.5
    assert abs(closed.mean() - divergence(first, second)) < 5 * error


def test_the_weights_of_a_ridge_regression_are_the_mean_of_its_posterior():
    problem = ridge_problem()
    learner = posterior_learner(problem, problem.training)
    for rows in (problem.initial, problem.training):
        torch.testing.assert_close(learner(rows).mean, problem.learner(rows))
    residuals = problem.training[:, 3:] - problem.training[:, :3] @ problem.learner(
        problem.training
    )
    assert learner.noise_std == pytest.approx(residuals.square().mean().sqrt().item())


def test_a_set_speaks_for_all_training_rows():
    own = BayesianRegression(2, NOISE, PRIOR)
    problem = replace(ridge_problem(), learner=own)
    assert posterior_learner(problem, problem.training) == replace(own, effective_size=60)


@pytest.mark.parametrize("which", ["reverse", "forward"])
def test_on_the_posterior_task_it_all_but_closes_the_divergence(which):
    task = draw_transitions(generator=new_generator(1)).tasks()["posterior"]
    problem = task.problem(8, generator=new_generator(2))
    run = distill(
        problem, PseudoCoreset(which), num_steps=100, every=100, generator=new_generator()
    )
    start, end = (
        problem.criterion(problem.learner(snapshot.rows)).item() for snapshot in run.snapshots
    )
    assert end < 0.01 * start


def test_ridge_regression_that_leaves_no_residual_has_no_posterior():
    problem = ridge_problem()
    rows = problem.training.clone()
    rows[:, 3:] = 0
    problem = replace(problem, training=rows, learner=Ridge(2, penalty=0.1))
    with pytest.raises(NotApplicable, match="Ridge leaves no residual"):
        PseudoCoreset().steps(problem, generator=new_generator())
