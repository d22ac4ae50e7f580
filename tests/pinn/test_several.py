"""Several parameters and coordinates of the plane: points, tails, policies, learners."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ddlib.pinn.collocation import at_synthetic, nowhere, prior, train_tail
from ddlib.pinn.criteria import relative_error
from ddlib.pinn.data import check_sets, draw_parametric, rows_at
from ddlib.pinn.feature_pinn import FeaturePINN
from ddlib.pinn.jet import Jet
from ddlib.pinn.network_pinn import NetworkPINN
from ddlib.pinn.prior import Prior, Tails, lattice
from tests.pinn.manufactured import CoolingPlate, Plate

each_plate = pytest.mark.parametrize("problem", [Plate(), CoolingPlate()])
LAW = Prior(1.0, 2.0, others=(Prior(-3.0, 0.5), Prior(4.0, 1.5)))


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def standard(law, values):
    return torch.special.ndtr((values - law.mean) / law.std)


def test_a_law_of_several_parameters_has_independent_columns():
    values = LAW.sample(20_000, generator=seeded())
    assert values.shape == (20_000, 3)
    assert values.dtype == torch.float64
    for law, column in zip(LAW.laws, values.T, strict=True):
        # Standard errors are below a per cent of the deviation.
        assert column.mean().item() == pytest.approx(law.mean, abs=0.03 * law.std)
        assert column.std().item() == pytest.approx(law.std, rel=0.03)
    correlations = torch.corrcoef(values.T) - torch.eye(3, dtype=torch.float64)
    assert correlations.abs().max() < 0.03


def test_the_first_parameter_is_drawn_as_if_it_were_alone():
    alone = LAW.laws[0]
    assert torch.equal(LAW.sample(9, generator=seeded())[:, 0], alone.sample(9, generator=seeded()))
    shares = torch.rand(9, dtype=torch.float64, generator=seeded())
    assert torch.equal(LAW.quantile(shares)[:, 0], alone.quantile(shares))
    assert Tails().gap(LAW) == Tails().gap(alone)


@given(st.floats(0.05, 0.4), st.floats(0.05, 0.4))
def test_tails_are_of_the_first_parameter_and_the_others_have_their_whole_law(lower, upper):
    tails = Tails(lower, upper)
    low, high = tails.gap(LAW)
    below = tails.sample_lower(LAW, 2000, generator=seeded())
    above = tails.sample_upper(LAW, 2000, generator=seeded())
    assert below.shape == above.shape == (2000, 3)
    assert below[:, 0].max() <= low < high <= above[:, 0].min()
    for part in (below, above):
        for law, column in zip(LAW.others, part.T[1:], strict=True):
            shares = standard(law, column)
            assert shares.mean().item() == pytest.approx(0.5, abs=0.03)
            assert shares.std().item() == pytest.approx(12**-0.5, abs=0.02)


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_a_lattice_is_within_the_cube_and_fills_it(width):
    points = lattice(80, width)
    assert points.shape == (80, width)
    assert ((points >= 0) & (points < 1)).all()
    # Each half of each axis, and each quarter of two axes, has its share.
    low = (points < 0.5).double()
    assert (low.mean(0) - 0.5).abs().max() < 0.05
    first = (torch.arange(80)[:, None] < 40).double()
    both = torch.cat([first, low], dim=1)
    together = both.T @ both / 80
    assert (together.fill_diagonal_(0.25) - 0.25).abs().max() < 0.1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"std": 0.0}, r"std = 0\.0: must be finite and above 0"),
        ({"std": -1.0}, r"std = -1\.0: must be finite and above 0"),
        ({"std": float("inf")}, r"std = inf: must be finite and above 0"),
        ({"std": float("nan")}, r"std = nan: must be finite and above 0"),
        ({"std": "1"}, r"std = '1': must be finite and above 0"),
        ({"mean": float("inf")}, r"mean = inf: must be a finite number"),
        ({"mean": float("nan")}, r"mean = nan: must be a finite number"),
        ({"mean": "0"}, r"mean = '0': must be a finite number"),
        ({"others": Prior()}, r"others: a Prior; must be a tuple of Prior"),
        ({"others": [Prior()]}, r"others: a list; must be a tuple of Prior"),
        ({"others": (Prior(), 1.0)}, r"others\[1\] = 1\.0: must be a Prior"),
        ({"others": (LAW,)}, r"others: a law with others; must be one parameter each"),
    ],
)
def test_laws_without_meaning_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Prior(**settings)


@each_plate
def test_points_have_all_parameters(problem):
    alphas = problem.prior.sample(5, generator=seeded())
    inside = problem.sample_points(alphas, generator=seeded())
    assert inside.shape == (5, 4)
    assert torch.equal(problem.alphas_of(inside), alphas)
    grid = problem.grid(alphas, 3)
    assert grid.shape == (5 * 9, 4)
    assert torch.equal(grid[::9, 2:], alphas)
    rim = problem.boundary_points(alphas[:, None])
    assert rim.shape == (5, 16, 4)
    assert torch.equal(problem.boundary_points(alphas), rim.flatten(0, 1))
    low, high = problem.limits(2.0)
    assert low.tolist() == pytest.approx([0, 0, -1.5, -1.6])
    assert high.tolist() == pytest.approx([1, 1, 2.5, -0.4])


def test_a_parameter_out_of_range_is_named():
    points = Plate().limits()[:1].repeat(3, 1)
    points[2, 3] = 21.0
    with pytest.raises(ValueError, match=r"alpha_2 = 21: must be from -20 to 20 in Plate"):
        Plate().solution(points)


@each_plate
def test_policies_cover_all_parameters(problem):
    rows = torch.zeros(1, 5, dtype=torch.float64)
    alphas = problem.alphas_of(prior(problem)(rows).interior).unique(dim=0)
    assert len(alphas) == 40
    for column, law in zip(alphas.T, problem.prior.laws, strict=True):
        reach = 2.8 * law.std
        assert column.min().item() == pytest.approx(law.mean - reach, abs=0.1 * reach)
        assert column.max().item() == pytest.approx(law.mean + reach, abs=0.1 * reach)
    tail = problem.alphas_of(train_tail(problem, Tails(), num_alphas=7)(rows).boundary)
    assert len(tail.unique(dim=0)) == 7
    assert tail[:, 0].max().item() < Tails().gap(problem.prior)[0]
    shares = standard(problem.prior.others[0], tail[:, 1])
    assert shares.min() < 0.2 < 0.8 < shares.max()
    assert nowhere(problem)(rows).interior.shape == (0, 4)
    own = at_synthetic(problem)(rows).boundary
    assert own.shape == (16, 4)


@each_plate
def test_draws_of_several_parameters(problem):
    data = draw_parametric(problem, Tails(), generator=seeded(), num_alphas=10, num_rows=40)
    assert data.training.shape == (40, 5)
    assert len(data.training[:, 2:4].unique(dim=0)) == 10
    assert data.outside.shape == (50 * 81, 5)
    low, high = Tails().gap(problem.prior)
    assert data.training[:, 2].max() <= low < high <= data.outside[:, 2].min()
    assert data.outside[:, 3].min() < -1.2 < -0.8 < data.outside[:, 3].max()
    with pytest.raises(ValueError, match=r"shape \(40, 3\); must be \(…, m, 5\) with m at least 1"):
        check_sets(problem, data.training[:, :3])


@each_plate
def test_the_problem_checks_itself_and_a_feature_pinn_solves_it(problem):
    problem.check(generator=seeded())
    data = draw_parametric(problem, Tails(), generator=seeded())
    policy = prior(problem, num_alphas=20)
    settings = {"penalty": 1e-8, "num_features": 250, "num_iterations": 5}
    learner = FeaturePINN(problem, policy, **settings)
    model = learner(data.clean, generator=seeded())
    assert relative_error(data.outside)(model).item() < 0.01


@each_plate
@pytest.mark.parametrize("policy", [at_synthetic, lambda p: prior(p, num_alphas=3)])
def test_gradient_in_the_rows_against_finite_differences(problem, policy):
    learner = FeaturePINN(problem, policy(problem), penalty=0.1, num_features=12)
    features = learner.draw_features(generator=seeded())
    alphas = problem.prior.sample(3, generator=seeded())
    rows = rows_at(problem, problem.sample_points(alphas, generator=seeded())).requires_grad_()
    assert torch.autograd.gradcheck(lambda rows: learner.learn(rows, features).coefficients, rows)


def test_a_network_descends_on_the_plane():
    problem = Plate()
    alphas = problem.prior.sample(6, generator=seeded())
    rows = rows_at(problem, problem.sample_points(alphas, generator=seeded()))
    learner = NetworkPINN(problem, at_synthetic(problem), widths=(8,), num_adam=20, num_lbfgs=40)
    start = learner.initial(rows, generator=seeded())
    values = [learner.loss(theta, rows) for theta in (start, learner.fit(start, rows).theta)]
    assert values[1] < 0.1 * values[0]


def test_entries_of_a_jet_by_name():
    entries = list(torch.arange(5.0))
    jet = Jet.of(("x", "y"), entries)
    assert jet.names == ["u", "x", "xx", "y", "yy"]
    assert jet.entries == entries
    assert jet.laplacian == 6
    assert Jet.of(("x",), entries[:3]).laplacian == 2
    doubled = jet.map(lambda a, b: a + b, jet)
    assert doubled.t is None
    assert doubled.yy == 8
