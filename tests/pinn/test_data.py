"""The data of a parametric problem: which tail, how much noise, what repeats."""

import numpy as np
import pytest
import torch

from ddlib.pinn import PROBLEMS, RobinPoisson
from ddlib.pinn.data import LAYOUT, ParametricData, draw_parametric, rows_at
from ddlib.pinn.problem import Tails

each_problem = pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS.keys())
TAILS = Tails()
SPLITS = ("training", "clean", "validation", "inside", "outside")


def draw(problem, seed=0, tails=TAILS, **settings):
    generator = torch.Generator().manual_seed(seed)
    return draw_parametric(problem, tails, generator=generator, **settings)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def alphas_of(problem, rows):
    """The first parameter of each row."""
    return rows[:, len(problem.coordinates)]


def noise_of(problem, rows):
    return rows[:, -1] - problem.solution(rows[:, :-1])


@each_problem
def test_a_seed_is_a_draw_and_leaves_the_global_state_alone(problem):
    state = torch.get_rng_state()
    first, again, other = draw(problem), draw(problem), draw(problem, seed=1)
    assert torch.equal(torch.get_rng_state(), state)
    for split in SPLITS:
        assert torch.equal(getattr(first, split), getattr(again, split))
        assert not torch.equal(getattr(first, split), getattr(other, split))
    assert first.noise_std == again.noise_std != other.noise_std


@each_problem
def test_noise_is_on_training_and_validation_only(problem):
    data = draw(problem)
    for split in ("clean", "inside", "outside"):
        assert (noise_of(problem, getattr(data, split)) == 0).all()
    for rows in (data.training, data.validation):
        assert (noise_of(problem, rows) != 0).all()
    assert torch.equal(data.training[:, :-1], data.clean[:, :-1])


@each_problem
def test_noise_is_a_share_of_the_deviation_of_the_clean_values(problem):
    data = draw(problem, noise=0.1, num_rows=20_000)
    assert data.noise_std == pytest.approx(0.1 * data.clean[:, -1].std().item(), rel=1e-12)
    for rows in (data.training, data.validation):
        noise = noise_of(problem, rows)
        # The standard error of a deviation is 1/√(2n), half a per cent here; of a mean 1/√n.
        assert noise.std().item() == pytest.approx(data.noise_std, rel=0.02)
        assert noise.mean().item() == pytest.approx(0.0, abs=0.03 * data.noise_std)
    both = torch.stack([noise_of(problem, rows) for rows in (data.training, data.validation)])
    assert abs(torch.corrcoef(both)[0, 1].item()) < 0.03


@each_problem
def test_each_split_is_on_its_side_of_the_gap(problem):
    tails = Tails(0.3, 0.1)
    data = draw(problem, tails=tails)
    low, high = tails.gap(problem.prior)
    for split in ("training", "validation", "inside"):
        assert alphas_of(problem, getattr(data, split)).max().item() <= low
    assert alphas_of(problem, data.outside).min().item() >= high


@each_problem
def test_numbers_of_rows_and_of_alphas(problem):
    data, d = draw(problem, num_rows=60, num_alphas=12), len(problem.coordinates)
    for split in ("training", "clean", "validation"):
        rows = getattr(data, split)
        assert rows.shape == (60, problem.width + 1)
        assert alphas_of(problem, rows).unique(return_counts=True)[1].tolist() == [5] * 12
    for rows in (data.inside, data.outside):
        num_points = len(
            problem.grid(problem.prior.sample(1, generator=seeded()), 21 if d == 1 else 9)
        )
        assert rows.shape == (50 * num_points, problem.width + 1)
        assert len(alphas_of(problem, rows).unique()) == 50
    splits = [getattr(data, split) for split in ("training", "validation", "inside", "outside")]
    alphas = [alphas_of(problem, rows).unique() for rows in splits]
    assert len(torch.cat(alphas).unique()) == 12 + 12 + 50 + 50
    for rows in (*splits, data.clean):
        assert rows.dtype == torch.float64
        low, high = problem.limits()[:, :d]
        assert ((rows[:, :d] >= low) & (rows[:, :d] <= high)).all()


def test_rows_end_with_the_value():
    points = torch.tensor([[0.0, 0.0], [1.0, 2.0]], dtype=torch.float64)
    rows = rows_at(RobinPoisson(), points)
    assert rows.tolist() == [[0.0, 0.0, 0.25], [1.0, 2.0, 0.0]]
    assert torch.equal(LAYOUT.inputs(rows), points)
    assert LAYOUT.responses(rows).flatten().tolist() == [0.25, 0.0]


@pytest.mark.parametrize("noise", [0.0, -0.1, float("nan"), float("inf")])
def test_impossible_noise_is_refused(noise):
    with pytest.raises(ValueError, match=rf"noise = {noise}: must be finite and above 0"):
        draw(RobinPoisson(), noise=noise)


@pytest.mark.parametrize(("num_rows", "num_alphas"), [(10, 3), (0, 1), (1, 1), (10, 0), (-10, -5)])
def test_impossible_numbers_are_refused(num_rows, num_alphas):
    message = (
        rf"num_rows = {num_rows}, num_alphas = {num_alphas}: must be at least 2 and 1, the first"
    )
    with pytest.raises(ValueError, match=message):
        draw(RobinPoisson(), num_rows=num_rows, num_alphas=num_alphas)


def test_measured_rows_are_for_training_and_nothing_else():
    rows = torch.rand(7, 3, generator=seeded(), dtype=torch.float64)
    data = ParametricData.measured(rows)
    assert torch.equal(data.training, rows)
    assert [len(s) for s in (data.clean, data.validation, data.inside, data.outside)] == [0] * 4
    assert np.isnan(data.noise_std)


@pytest.mark.parametrize("rows", [torch.zeros(0, 3), torch.tensor([[0.0, float("nan"), 1.0]])])
def test_measured_rows_must_be_there_and_finite(rows):
    with pytest.raises(ValueError, match=r"^training: "):
        ParametricData.measured(rows)
