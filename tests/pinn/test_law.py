"""The law that points are drawn from: its draws, their gradient, and a descent of it."""

from functools import partial
from math import log

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ddlib.distillers import FirstOrder
from ddlib.distillers.descent import AnnealedAdam
from ddlib.pinn import BurgersFront, RobinPoisson
from ddlib.pinn.labels import labelled
from ddlib.pinn.law import LearnsFromLaw, as_law, floor_of_law
from ddlib.problem import DistillationProblem, TrainingCriterion, distill
from tests.pinn.small_tasks import seeded

WIDE = torch.tensor([[2.0, -50.0], [4.0, 50.0]], dtype=torch.float64)
NARROW = torch.tensor([[0.0, -1.0], [1.0, 0.5]], dtype=torch.float64)


def law_of(mean, deviation):
    return torch.tensor([[mean, log(deviation)]], dtype=torch.float64)


def rows_themselves(rows, *, generator):
    """The learner whose model is what it is given."""
    return rows


def product(points):
    return points.prod(-1)


def learner_of(limits=WIDE, num_rows=6, label=product):
    return LearnsFromLaw(rows_themselves, label, num_rows, limits)


# Draws


@pytest.mark.parametrize(("mean", "deviation"), [(0.0, 1.0), (-7.0, 0.2), (3.0, 5.0)])
def test_alphas_have_the_law_s_mean_and_deviation(mean, deviation):
    count = 20000
    points = learner_of(num_rows=count).points(law_of(mean, deviation), generator=seeded())
    standard = (points[:, 1] - mean) / deviation
    # Six standard errors of the mean, of the deviation, and of the share within one deviation.
    assert abs(standard.mean().item()) < 6 / count**0.5
    assert abs(standard.std().item() - 1) < 6 / (2 * count) ** 0.5
    assert abs((standard.abs() < 1).double().mean().item() - 0.6827) < 6 * 0.466 / count**0.5


def test_coordinates_are_uniform_between_their_limits_and_know_nothing_of_alpha():
    count = 20000
    points = learner_of(num_rows=count).points(law_of(1.0, 3.0), generator=seeded())
    shares = (points[:, 0] - 2) / 2
    assert ((shares >= 0) & (shares <= 1)).all()
    counts = torch.histc(shares, 10, 0, 1)
    assert (counts - count / 10).abs().max() < 6 * (count * 0.09) ** 0.5
    assert abs(torch.corrcoef(points.T)[0, 1].item()) < 6 / count**0.5


@given(st.floats(-20, 20), st.floats(0.01, 20), st.integers(0, 1000))
def test_draws_stay_within_the_limits_and_those_within_are_left(mean, deviation, seed):
    law = law_of(mean, deviation)
    low, high = NARROW
    held = learner_of(NARROW, 30).points(law, generator=seeded(seed))
    free = NARROW.clone()
    free[:, 1] = torch.tensor([-1e6, 1e6])
    alphas = learner_of(free, 30).points(law, generator=seeded(seed))[:, 1]
    assert held.shape == (30, 2)
    assert held.dtype == torch.float64
    assert ((held >= low) & (held <= high)).all()
    torch.testing.assert_close(held[:, 1], alphas.clamp(low[1], high[1]), atol=0, rtol=0)


@pytest.mark.parametrize("problem", [RobinPoisson(), BurgersFront()])
def test_points_of_a_problem_have_its_coordinates(problem):
    law = law_of(problem.prior.mean, problem.prior.std)
    points = learner_of(problem.limits(), 50).points(law, generator=seeded())
    assert points.shape == (50, len(problem.coordinates) + 1)
    assert points[:, :-1].unique().numel() == 50 * len(problem.coordinates)


def test_several_parameters_have_laws_of_their_own():
    """Means first, then the logarithms of the deviations."""
    limits = torch.tensor([[0.0, -99.0, -99.0], [1.0, 99.0, 99.0]], dtype=torch.float64)
    law = torch.tensor([[5.0, -5.0, 0.0, 0.0]], dtype=torch.float64)
    law[0, 3] = torch.tensor(0.1).log()
    alphas = learner_of(limits, 5000).points(law, generator=seeded())[:, 1:]
    expected = torch.tensor([5.0, -5.0], dtype=torch.float64)
    assert (alphas.mean(0) - expected).abs().max() < 6 / 5000**0.5
    torch.testing.assert_close(alphas.std(0), torch.tensor([1.0, 0.1]).double(), rtol=0.1, atol=0)


def test_the_learner_gets_the_points_with_their_values_and_the_rest_of_the_generator():
    law, generator = law_of(1.0, 0.5), seeded(3)
    drawn = []

    def learner(rows, *, generator):
        drawn.append(torch.rand((), generator=generator))
        return rows

    rows = LearnsFromLaw(learner, product, 6, WIDE)(law, generator=generator)
    same = seeded(3)
    points = learner_of().points(law, generator=same)
    assert torch.equal(rows, labelled(points, product))
    assert drawn == [torch.rand((), generator=same)]


def test_a_seed_is_a_set():
    law = law_of(1.0, 0.5)
    state = torch.get_rng_state()
    first, again, other = (learner_of()(law, generator=seeded(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), state)


# The law's own gradient


def test_the_gradient_in_the_law_against_finite_differences():
    learner, law = learner_of(NARROW, 8), law_of(0.0, 2.0).requires_grad_()
    alphas = learner.points(law, generator=seeded(1))[:, 1]
    held = (alphas == -1.0) | (alphas == 0.5)
    assert 0 < held.sum() < 8  # some are moved to the limits, where they stay
    assert torch.autograd.gradcheck(lambda law: learner(law, generator=seeded(1)), law)
    assert torch.autograd.gradcheck(lambda law: learner.points(law, generator=seeded(1)), law)


# Laws from values, and the floor


@given(st.floats(-10, 10), st.floats(0.01, 10), st.integers(2, 30), st.integers(1, 3))
def test_the_law_of_values_is_their_mean_and_log_deviation(mean, scale, count, width):
    alphas = mean + scale * torch.randn(count, width, dtype=torch.float64, generator=seeded())
    law = as_law(alphas)
    assert law.shape == (1, 2 * width)
    middle = alphas.sum(0) / count
    variance = (alphas - middle).square().sum(0) / (count - 1)
    torch.testing.assert_close(law[0, :width], middle)
    torch.testing.assert_close(law[0, width:].exp().square(), variance)


def test_draws_by_the_law_of_values_have_that_law():
    values = torch.tensor([[1.0], [2.0], [6.0]], dtype=torch.float64)
    alphas = learner_of(num_rows=20000).points(as_law(values), generator=seeded())[:, 1:]
    assert alphas.mean().item() == pytest.approx(3.0, abs=6 * 7**0.5 / 20000**0.5)
    assert as_law(alphas)[0, 1].exp().item() == pytest.approx(7**0.5, rel=6 / 40000**0.5)


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(0.01, 3))
def test_the_floor_lifts_small_deviations_and_nothing_else(mean, log_std, smallest):
    law = torch.tensor([[mean, log_std]], dtype=torch.float64)
    before, found = law.clone(), floor_of_law(smallest)(law)
    assert torch.equal(law, before)
    assert found[0, 0] == mean
    expected = max(law[0, 1].exp().item(), smallest)
    assert found[0, 1].exp().item() == pytest.approx(expected, rel=1e-12)
    assert torch.equal(floor_of_law(smallest)(found), found)


# Descent


def descended(score, start, *, num_steps=100, floor=0.2):
    """The law after a descent of a score of the rows that are drawn."""
    problem = DistillationProblem(
        learner_of(num_rows=40),
        TrainingCriterion(score),
        start,
        feasible=floor_of_law(floor),
    )
    optimizer = partial(AnnealedAdam, lr=0.1, num_steps=num_steps)
    run = distill(problem, FirstOrder(optimizer=optimizer), num_steps=num_steps, generator=seeded())
    return run.rows[0, 0].item(), run.rows[0, 1].exp().item()


def test_a_descent_finds_the_law_of_least_risk():
    r"""$E(\alpha-1)^2$ is $(\mu-1)^2+\sigma^2$: least at the mean 1 and the floor."""
    mean, deviation = descended(lambda rows: (rows[:, 1] - 1).square().mean(), law_of(-1.0, 1.0))
    assert mean == pytest.approx(1.0, abs=0.1)
    assert deviation == pytest.approx(0.2, rel=1e-9)


def test_a_descent_finds_a_deviation_too():
    def score(rows):
        return (rows[:, 1].mean() - 1).square() + (rows[:, 1].std() - 0.3).square()

    mean, deviation = descended(score, law_of(-1.0, 1.0))
    assert mean == pytest.approx(1.0, abs=0.15)
    assert deviation == pytest.approx(0.3, abs=0.1)
