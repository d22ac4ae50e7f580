"""Points chosen without a descent: random sets against brute force, laws against frequencies."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF

from ddlib.pinn import RobinPoisson
from ddlib.pinn.jet import Jet
from ddlib.pinn.point_choice import (
    BATCH,
    adaptive_points,
    best_of_random,
    most_uncertain_points,
)
from tests.pinn.small_tasks import seeded

# The best of random sets


class Draws:
    """Sets of two numbers each, the first of which is their value unless told; notes the calls."""

    def __init__(self, numbers):
        self.numbers, self.counts, self.num_valued = numbers, [], 0

    def __call__(self, count):
        first = sum(self.counts)
        self.counts.append(count)
        values = torch.tensor(self.numbers[first : first + count], dtype=torch.float64)
        return torch.stack([values, torch.arange(first, first + count).double()], 1)[..., None]

    def values(self, sets):
        self.num_valued += len(sets)
        return sets[:, 0, 0]


@given(st.lists(st.integers(-30, 30), min_size=1, max_size=3 * BATCH + 1))
def test_the_best_set_is_the_one_of_least_value(numbers):
    """Whole numbers: often there are several least ones, and any of them will do."""
    draws = Draws(numbers)
    best = best_of_random(draws, draws.values, len(numbers))
    assert best.shape == (2, 1)
    assert best[0, 0].item() == min(numbers)
    assert numbers[int(best[1, 0])] == min(numbers)


@pytest.mark.parametrize(
    ("num_sets", "counts"),
    [(1, [1]), (BATCH, [BATCH]), (BATCH + 1, [BATCH, 1]), (130, [BATCH, BATCH, 30])],
)
def test_as_many_sets_are_drawn_and_valued_as_told(num_sets, counts):
    draws = Draws([5.0] * num_sets)
    best = best_of_random(draws, draws.values, num_sets)
    assert draws.counts == counts
    assert draws.num_valued == num_sets
    assert best[0, 0] == 5.0


def test_an_infinite_value_is_the_best_only_where_all_are():
    for numbers, expected in (([np.inf, 3.0, np.inf], 3.0), ([np.inf] * 3, np.inf)):
        draws = Draws(numbers)
        assert best_of_random(draws, draws.values, 3)[0, 0].item() == expected


@pytest.mark.parametrize("where", [0, 3, BATCH + 3])
def test_a_set_without_a_value_is_never_the_best(where):
    numbers = [float(value) for value in range(2 * BATCH, 0, -1)]
    numbers[where] = np.nan
    draws = Draws(numbers)
    assert best_of_random(draws, draws.values, len(numbers))[0, 0].item() == 1.0


@pytest.mark.parametrize("num_sets", [0, -1])
def test_less_than_one_set_is_refused(num_sets):
    with pytest.raises(ValueError, match=f"^num_sets = {num_sets}: must be at least 1$"):
        best_of_random(Draws([]), lambda sets: sets, num_sets)


# Where the equation is broken


class Broken:
    """The model of Robin's problem whose residual at candidate i is the i-th number."""

    def __init__(self, residuals):
        self.residuals = torch.tensor(residuals, dtype=torch.float64)

    def jet(self, points):
        assert len(points) == len(self.residuals)
        zero = torch.zeros_like(self.residuals)
        return Jet(zero, zero, -1 - self.residuals)  # -u'' - 1 is the residual


def candidates_of(count, seed=0):
    unit = torch.rand(count, 2, dtype=torch.float64, generator=seeded(seed))
    return unit * torch.tensor([1.0, 6.0]) - torch.tensor([0.0, 3.0])


def adaptive(residuals, num_points, generator, candidates):
    model = Broken(residuals)
    return adaptive_points(RobinPoisson(), model, candidates, num_points, generator=generator)


def positions(found, candidates):
    return [(candidates == point).all(1).nonzero().item() for point in found]


@pytest.mark.parametrize("residuals", [[0.0, 1.0, -1.0, 2.0], [1.0, 1.0, 1.0, -1.0]])
def test_candidates_are_drawn_by_their_squared_residual(residuals):
    count, candidates, generator = 1000, candidates_of(4), seeded()
    drawn = [
        positions(adaptive(residuals, 1, generator, candidates), candidates)[0]
        for _ in range(count)
    ]
    squares = np.square(residuals)
    # A half evenly, a half in proportion to the square; the rest is multinomial.
    shares = (squares / squares.mean() + 1) / 8
    assert shares.sum() == pytest.approx(1)
    found = np.bincount(drawn, minlength=4) / count
    assert (np.abs(found - shares) < 6 * np.sqrt(shares * (1 - shares) / count)).all()


def test_no_candidate_is_drawn_twice():
    candidates = candidates_of(30)
    residuals = [100.0] + [0.01] * 29
    for num_points in (1, 10, 30):
        found = adaptive(residuals, num_points, seeded(2), candidates)
        assert found.shape == (num_points, 2)
        assert len(set(positions(found, candidates))) == num_points


def test_a_seed_is_a_draw():
    candidates = candidates_of(30)
    first, again, other = (adaptive([1.0] * 30, 8, seeded(seed), candidates) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


# Where a Gaussian process knows least

LENGTHS = torch.tensor([0.4, 1.5], dtype=torch.float64)


def posterior_variance(known, candidates, lengths):
    """By scikit-learn, without any fit of the kernel."""
    process = GaussianProcessRegressor(RBF(lengths.numpy()), alpha=1e-12, optimizer=None)
    process.fit(known.numpy(), np.zeros(len(known)))
    return process.predict(candidates.numpy(), return_std=True)[1] ** 2


@pytest.mark.parametrize("lengths", [LENGTHS, LENGTHS.flip(0), 2 * LENGTHS])
def test_each_point_is_where_the_variance_is_largest_given_those_before(lengths):
    candidates = candidates_of(80)
    found = most_uncertain_points(candidates, lengths, 9)
    taken = positions(found, candidates)
    assert len(set(taken)) == 9
    for count in range(1, 9):
        variance = posterior_variance(found[:count], candidates, lengths)
        assert variance[taken[count]] > variance.max() - 1e-7
    assert np.median(variance) < 0.9 * variance.max()  # so that the choice means something


def test_the_largest_variances_fall():
    candidates = candidates_of(80)
    found = most_uncertain_points(candidates, LENGTHS, 12)
    left = [posterior_variance(found[:count], candidates, LENGTHS).max() for count in range(1, 13)]
    assert all(after < before + 1e-7 for before, after in pairwise(left))


def test_points_and_lengths_count_in_the_same_units():
    candidates, units = candidates_of(50), torch.tensor([4.0, 0.125], dtype=torch.float64)
    found = most_uncertain_points(candidates, LENGTHS, 7)
    other = most_uncertain_points(candidates * units, LENGTHS * units, 7)
    assert torch.equal(other, found * units)  # powers of two: no rounding


def test_with_short_lengths_all_candidates_are_taken_once():
    candidates = candidates_of(20)
    found = most_uncertain_points(candidates, LENGTHS / 100, 20)
    assert sorted(positions(found, candidates)) == list(range(20))


def test_under_a_long_kernel_no_candidate_is_taken_twice():
    """Lengths as the solution of a problem that is affine in its parameter has them."""
    candidates, lengths = candidates_of(200), torch.tensor([17.0, 10.0], dtype=torch.float64)
    found = most_uncertain_points(candidates, lengths, 60)
    assert len(found.unique(dim=0)) == 60
