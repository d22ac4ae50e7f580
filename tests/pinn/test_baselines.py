"""Gaussian-process smoothing and residual-adaptive parameters."""

import warnings

import numpy as np
import pytest
import torch
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

from ddlib.pinn import PROBLEMS, DirichletPoisson, RobinPoisson
from ddlib.pinn.baselines import _physics_by_alpha, adaptive_alphas, gp_smoothed
from ddlib.pinn.collocation import at_alphas
from ddlib.pinn.criteria import physics
from ddlib.pinn.data import draw_parametric
from ddlib.pinn.feature_pinn import FeaturePINN
from ddlib.pinn.jet import jet_of
from ddlib.pinn.problem import Tails

ONE_PARAMETER = {name: p for name, p in PROBLEMS.items() if p.num_parameters == 1}
each_problem = pytest.mark.parametrize("problem", ONE_PARAMETER.values(), ids=ONE_PARAMETER.keys())


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def data_of(problem, seed=0, **settings):
    return draw_parametric(problem, Tails(), generator=seeded(seed), **settings)


def noise_left(rows, clean):
    return (rows - clean)[:, -1].square().mean().sqrt().item()


# A smooth kernel cannot follow the infinite slope at the L's corner.
SMOOTH = [problem for name, problem in ONE_PARAMETER.items() if name != "CornerLaplace"]


@pytest.mark.parametrize("problem", SMOOTH, ids=lambda problem: type(problem).__name__)
def test_smoothing_takes_most_noise_away_and_keeps_the_points(problem):
    shares = []
    for seed in range(3):
        data = data_of(problem, seed)
        before = data.training.clone()
        smooth = gp_smoothed(data.training)
        assert torch.equal(data.training, before)
        assert smooth.dtype == before.dtype
        assert torch.equal(smooth[:, :-1], before[:, :-1])
        shares.append(noise_left(smooth, data.clean) / noise_left(data.training, data.clean))
    assert np.median(shares) < 0.5


def test_smoothing_is_a_posterior_mean_at_least_as_likely_as_others():
    """The same kernel at the likelihood's maximum, standardised by hand, from other starts."""
    rows = data_of(RobinPoisson(), num_rows=60).training
    points, values = rows[:, :-1].numpy(), rows[:, -1].numpy()
    points = (points - points.mean(0)) / points.std(0)
    kernel = ConstantKernel(1.0, (1e-4, 1e6)) * RBF([1.0, 1.0], (1e-2, 1e4)) + WhiteKernel(0.1)
    process = GaussianProcessRegressor(
        kernel, normalize_y=True, n_restarts_optimizer=3, random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        process.fit(points, values)
    # The optimiser leaves the kernel's parameters at some 1e-3 of the maximum.
    expected = process.predict(points)
    np.testing.assert_allclose(gp_smoothed(rows)[:, -1], expected, atol=2e-3 * values.std())


@pytest.mark.parametrize("rows", ["clean", "line", "flat", "one_alpha"])
def test_smoothing_warns_of_nothing_and_leaves_what_is_smooth(rows):
    """Without noise, or with no dependence on a column, the likelihood has no maximum."""
    clean = data_of(DirichletPoisson(), num_rows=60).clean
    if rows == "line":
        clean = torch.cat([clean[:, :-1], clean[:, :1]], dim=1)
    if rows == "flat":
        clean = torch.cat([clean[:, :-1], torch.full_like(clean[:, :1], 2.0)], dim=1)
    if rows == "one_alpha":
        clean[:, 1] = -1.0
        clean[:, 2] = DirichletPoisson().solution(clean[:, :-1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        smooth = gp_smoothed(clean)
    assert noise_left(smooth, clean) < 2e-3


def test_smoothing_refuses_hidden_entries():
    rows = data_of(RobinPoisson(), num_rows=20).training
    rows[3, 1] = float("nan")
    with pytest.raises(ValueError, match="rows: row 3 has NaN or infinite entries"):
        gp_smoothed(rows)


def feature_learner(problem):
    """Return the map from alphas to a small learner that asks for the equation there."""
    return lambda alphas: FeaturePINN(
        problem, at_alphas(problem, alphas, num_points=5), num_features=30
    )


@each_problem
def test_adaptive_alphas_reach_beyond_the_training_tail(problem):
    data = data_of(problem, num_rows=40)
    settings = {"num_alphas": 20, "num_rounds": 4}
    learner_for, state = feature_learner(problem), torch.get_rng_state()
    first, again, other = (
        adaptive_alphas(problem, learner_for, data.training, generator=seeded(s), **settings)
        for s in (0, 0, 1)
    )
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert first.shape == (20,)
    assert first.dtype == torch.float64
    assert len(first.unique()) == 20
    low, high = Tails().gap(problem.prior)
    assert (first > low).sum() > 10
    assert first.max().item() > high


class Recorder:
    """A learner for every call, which notes what it is asked for."""

    def __init__(self, model):
        self.model, self.alphas, self.rows = model, [], []

    def __call__(self, alphas):
        self.alphas.append(alphas)
        return self.learn

    def learn(self, rows, *, generator=None):
        assert generator is not None
        self.rows.append(rows)
        return self.model


class BrokenAbove:
    """The exact solution, shifted where alpha is above 0."""

    def __init__(self, problem):
        self.problem = problem

    def value(self, x, alpha):
        return self.problem.exact(x, alpha) + (alpha > 0)

    def __call__(self, points):
        return self.value(*points.unbind(-1))

    def jet(self, points):
        return jet_of(self.value, points)


def test_rounds_start_from_the_alphas_of_the_rows_and_add_to_them():
    """What a learner is given is all that is known: training rows, and alphas without labels."""
    problem = RobinPoisson()
    rows, recorder = data_of(problem).training, Recorder(BrokenAbove(problem))
    found = adaptive_alphas(problem, recorder, rows, num_alphas=6, num_rounds=3, generator=seeded())
    own = rows[:, -2].unique()
    assert len(recorder.alphas) == 3
    for i, alphas in enumerate(recorder.alphas):
        assert torch.equal(alphas, torch.cat([own, found[: 2 * i]]))
    assert all(seen is rows for seen in recorder.rows)


def test_alphas_follow_the_law_of_the_error():
    """The error is e on one half and 0 on the other, so that the law is 3 to 1."""
    problem = DirichletPoisson()
    rows, recorder = data_of(problem).training, Recorder(BrokenAbove(problem))
    found = adaptive_alphas(
        problem, recorder, rows, num_alphas=400, num_rounds=80, generator=seeded()
    )
    # The standard error is 0.022; drawing 5 of 200 without replacement hardly matters.
    assert (found > 0).double().mean().item() == pytest.approx(0.75, abs=0.07)


@each_problem
def test_errors_by_alpha_are_the_criterion_s(problem):
    model = feature_learner(problem)(problem.prior.sample(3, generator=seeded()))(
        data_of(problem).training, generator=seeded()
    )
    alphas = problem.prior.sample(4, generator=seeded(1))
    expected = [
        physics(problem, at_alphas(problem, alpha)(alphas))(model) for alpha in alphas.split(1)
    ]
    found = _physics_by_alpha(problem, model, alphas)
    torch.testing.assert_close(found, torch.stack(expected), atol=0, rtol=1e-10)


@pytest.mark.parametrize(("num_alphas", "num_rounds"), [(10, 3), (0, 1), (4, 0), (-4, -2)])
def test_impossible_counts_are_refused(num_alphas, num_rounds):
    message = rf"num_alphas = {num_alphas}, num_rounds = {num_rounds}: must be at least 1"
    problem = RobinPoisson()
    with pytest.raises(ValueError, match=message):
        adaptive_alphas(
            problem,
            feature_learner(problem),
            data_of(problem).training,
            num_alphas=num_alphas,
            num_rounds=num_rounds,
            generator=seeded(),
        )


def test_more_alphas_than_candidates_are_refused():
    problem = RobinPoisson()
    with pytest.raises(ValueError, match="num_alphas / num_rounds = 201: must be at most 200"):
        adaptive_alphas(
            problem,
            feature_learner(problem),
            data_of(problem).training,
            num_alphas=201,
            num_rounds=1,
            generator=seeded(),
        )
