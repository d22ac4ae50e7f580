"""The estimate is unbiased for linear objectives, of the known variance, and blockwise."""

import re
from functools import partial

import numpy as np
import pytest
import torch
from torch.optim import SGD

from ddlib.dbn import DBNLearner, LinearGaussianDBN, negative_log_likelihood
from ddlib.distillers.zeroth_order import ZerothOrder
from ddlib.problem import DistillationProblem, Part, TrainingCriterion, distill

SMOOTHING = "must be a finite number above 0"
DIRECTIONS = "must be a whole number, at least 1"
LEARN_FROM = "must be 'part' or 'all'"


def identity_learner(rows, *, generator=None):
    return rows


def linear_problem(slope, parts=()):
    criterion = TrainingCriterion(lambda rows: (slope * rows).sum())
    return DistillationProblem(identity_learner, criterion, torch.zeros_like(slope), parts)


@pytest.mark.parametrize("antithetic", [False, True])
def test_mean_and_variance_for_a_linear_objective(antithetic, generator):
    """Mean: the slope. Total variance of one direction: (D + 1) |slope|^2."""
    slope = torch.randn(3, 2, dtype=torch.float64, generator=generator)
    problem, method = linear_problem(slope), ZerothOrder(0.1, antithetic=antithetic)
    draws = torch.stack(
        [
            method.gradient(problem, problem.initial, problem.all_parts[0], generator=generator)
            for _ in range(4000)
        ]
    )
    standard_error = draws.std(0) / len(draws) ** 0.5
    assert ((draws.mean(0) - slope).abs() < 4 * standard_error).all()
    total = draws.var(0).sum()
    assert total == pytest.approx((slope.numel() + 1) * slope.square().sum().item(), rel=0.15)


def test_more_directions_divide_the_variance(generator):
    slope = torch.ones(2, 2, dtype=torch.float64)
    problem = linear_problem(slope)

    def variance(num_directions):
        method = ZerothOrder(0.1, num_directions=num_directions)
        part = problem.all_parts[0]
        draws = [
            method.gradient(problem, problem.initial, part, generator=generator)
            for _ in range(1500)
        ]
        return torch.stack(draws).var(0).sum().item()

    assert variance(8) == pytest.approx(variance(1) / 8, rel=0.3)


def test_antithetic_estimate_is_exact_on_even_objectives_at_the_centre(generator):
    criterion = TrainingCriterion(lambda rows: rows.square().sum())
    problem = DistillationProblem(identity_learner, criterion, torch.zeros(4, 1))
    method = ZerothOrder(0.3, antithetic=True)
    gradient = method.gradient(problem, problem.initial, problem.all_parts[0], generator=generator)
    assert (gradient == 0).all()


def test_a_step_moves_one_block_and_descends(generator):
    slope = torch.ones(4, 1, dtype=torch.float64)
    whole = TrainingCriterion(lambda rows: rows.sum())
    parts = (Part(slice(0, 2), whole), Part(slice(2, 4), whole))
    problem = linear_problem(slope, parts)
    method = ZerothOrder(0.1, optimizer=partial(SGD, lr=0.1))
    rows = next(method.steps(problem, generator=generator))
    moved = [bool(rows[part.span].any()) for part in parts]
    assert sorted(moved) == [False, True]
    assert rows.sum() < 0


@pytest.mark.parametrize(("learn_from", "lengths"), [("part", {2}), ("all", {4})])
def test_learns_from_the_part_or_from_all(learn_from, lengths, generator):
    seen = set()

    def learner(rows, *, generator=None):
        seen.add(len(rows))
        return rows

    criterion = TrainingCriterion(lambda rows: rows.sum())
    parts = (Part(slice(0, 2), criterion), Part(slice(2, 4), criterion))
    problem = DistillationProblem(learner, criterion, torch.zeros(4, 1), parts)
    next(ZerothOrder(0.1, learn_from=learn_from).steps(problem, generator=generator))
    assert seen == lengths


def test_a_stochastic_learner_gets_common_random_numbers(generator):
    """Learner noise cancels in the difference: with a flat criterion the estimate is 0."""

    def learner(rows, *, generator):
        return torch.randn((), generator=generator)

    problem = DistillationProblem(learner, TrainingCriterion(lambda x: x), torch.zeros(3, 1))
    method = ZerothOrder(0.1)
    gradient = method.gradient(problem, problem.initial, problem.all_parts[0], generator=generator)
    assert (gradient == 0).all()


class Unbatched:
    """The same learner, one set at a time."""

    def __init__(self, learner):
        self.learner = learner

    def __call__(self, rows, *, generator=None):
        assert rows.ndim == 3
        return self.learner(rows, generator=generator)


def dbn_problem(learner, seed=0):
    """Two parts of five rows, each judged on noisy rows with holes of its own."""
    network = LinearGaussianDBN.random(3, generator=torch.Generator().manual_seed(seed))
    rows = network.sample(70, 2, generator=torch.Generator().manual_seed(seed + 1))
    first, second, initial = rows[:30].clone(), rows[30:60].clone(), rows[60:]
    first[:, :, 0], second[:, :, 1] = torch.nan, torch.nan
    criteria = [
        TrainingCriterion(negative_log_likelihood(data, noise_std=0.3))
        for data in (first, second, torch.cat([first, second]))
    ]
    parts = (Part(slice(0, 5), criteria[0]), Part(slice(5, 10), criteria[1]))
    return DistillationProblem(learner, criteria[2], initial, parts)


@pytest.mark.parametrize("antithetic", [False, True])
@pytest.mark.parametrize("learn_from", ["part", "all"])
def test_a_learner_of_batches_makes_the_same_steps(learn_from, antithetic):
    learner = DBNLearner(ridge=0.5, effective_size=60)
    method = ZerothOrder(
        0.1, num_directions=3, antithetic=antithetic, learn_from=learn_from,
        optimizer=partial(SGD, lr=0.01),
    )  # fmt: skip
    runs = [
        distill(
            dbn_problem(each), method, num_steps=4, generator=torch.Generator().manual_seed(1)
        ).snapshots
        for each in (learner, Unbatched(learner))
    ]
    for batched, single in zip(*runs, strict=True):
        torch.testing.assert_close(batched.rows, single.rows, rtol=1e-9, atol=1e-9)
    assert not runs[0][-1].rows.equal(runs[0][0].rows)


def test_all_sets_of_a_step_get_the_same_draw_of_the_learner(generator):
    """Sets that are equal have equal values, and another step has another draw."""

    def learner(rows, *, generator):
        return rows.sum() + torch.randn((), generator=generator)

    seen = []

    def score(value):
        seen.append(value.item())
        return value

    problem = DistillationProblem(learner, TrainingCriterion(score), torch.zeros(3, 1))
    method = ZerothOrder(1e-12, num_directions=4, antithetic=True)
    steps = method.steps(problem, generator=generator)
    next(steps)
    first = seen.copy()
    next(steps)
    assert len(first) == 8
    assert np.ptp(first) < 1e-9
    assert abs(seen[-1] - first[0]) > 1e-3


def test_directions_are_independent_of_the_learners_earlier_draws(generator):
    """The random numbers of a step are used up: no later step has them as its directions.

    Step k has the numbers ξ_k of the learner, and step k + 1 the directions δ; here the learner's
    model is ξ itself, and the candidates are δ. A shift of some numbers would not make them new.
    """
    size, drawn, candidates = 64, [], []

    def learner(rows, *, generator):
        drawn.append(torch.randn(size, generator=generator))
        candidates.append(rows.flatten())
        return rows

    criterion = TrainingCriterion(lambda rows: 0 * rows.sum())  # the rows stay at zero
    problem = DistillationProblem(learner, criterion, torch.zeros(size, 1))
    steps = ZerothOrder(1.0).steps(problem, generator=generator)
    next(steps)
    next(steps)
    earlier, directions = drawn[0], candidates[2]
    for shift in range(-8, 9):
        pair = torch.stack([earlier, directions.roll(shift)])[:, 8:-8]
        # Of 17 correlations of 48 pairs, none beyond 4.5 standard errors.
        assert abs(torch.corrcoef(pair)[0, 1]) < 4.5 / 48**0.5


@pytest.mark.parametrize("learn_from", ["part", "all"])
def test_the_mean_estimate_is_the_gradient_through_the_learner(learn_from, generator):
    """Central differences at 1e-3: what is left besides sampling is of order 1e-6."""
    structure = LinearGaussianDBN.random(3, generator=torch.Generator().manual_seed(0)).structure
    problem = dbn_problem(DBNLearner(ridge=0.5, structure=structure))
    part = problem.all_parts[1]
    method = ZerothOrder(1e-3, num_directions=40, antithetic=True, learn_from=learn_from)
    draws = torch.stack(
        [method.gradient(problem, problem.initial, part, generator=generator) for _ in range(120)]
    )
    rows = problem.initial.clone().requires_grad_()
    learnt = rows if learn_from == "all" else rows[part.span]
    part.criterion(problem.learner(learnt)).backward()
    expected = rows.grad[part.span]
    standard_error = draws.std(0) / len(draws) ** 0.5
    assert ((draws.mean(0) - expected).abs() < 4.5 * standard_error + 1e-5).all()
    assert expected.abs().max() > 5 * standard_error.max()


def test_same_seed_same_rows():
    problem = linear_problem(torch.ones(3, 2))
    runs = [
        distill(
            problem, ZerothOrder(0.1), num_steps=5, generator=torch.Generator().manual_seed(seed)
        ).rows
        for seed in (3, 3, 4)
    ]
    assert runs[0].equal(runs[1])
    assert not runs[0].equal(runs[2])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"smoothing": 0}, f"smoothing = 0: {SMOOTHING}"),
        ({"smoothing": float("inf")}, f"smoothing = inf: {SMOOTHING}"),
        ({"smoothing": float("nan")}, f"smoothing = nan: {SMOOTHING}"),
        ({"smoothing": None}, f"smoothing = None: {SMOOTHING}"),
        ({"num_directions": 0}, f"num_directions = 0: {DIRECTIONS}"),
        ({"num_directions": 2.5}, f"num_directions = 2.5: {DIRECTIONS}"),
        ({"num_directions": True}, f"num_directions = True: {DIRECTIONS}"),
        ({"learn_from": "x"}, f"learn_from = 'x': {LEARN_FROM}"),
        (
            {"smoothing": -1, "num_directions": 0, "learn_from": "x"},
            f"smoothing = -1: {SMOOTHING}; num_directions = 0: {DIRECTIONS}; "
            f"learn_from = 'x': {LEARN_FROM}",
        ),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        ZerothOrder(**{"smoothing": 0.1} | settings)
