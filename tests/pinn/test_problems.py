"""The boundary-value problems: operators, partials, points, tails and what they refuse."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ddlib.pinn import (
    PROBLEMS,
    AdvectionDiffusion,
    BurgersFront,
    CornerLaplace,
    Helmholtz,
    LogisticGrowth,
    NonlinearConduction,
    RobinPoisson,
)
from ddlib.pinn.jet import Jet, entry_names, jet_of
from ddlib.pinn.problem import Prior, Tails

each_problem = pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS.keys())
ONE_PARAMETER = {name: p for name, p in PROBLEMS.items() if p.num_parameters == 1}
each_with_one_parameter = pytest.mark.parametrize(
    "problem", ONE_PARAMETER.values(), ids=ONE_PARAMETER.keys()
)
BOXES = {name: p for name, p in ONE_PARAMETER.items() if name != "CornerLaplace"}
each_on_a_box = pytest.mark.parametrize("problem", BOXES.values(), ids=BOXES.keys())
NUM_BOUNDARY_POINTS = {BurgersFront: 9, CornerLaplace: 64, LogisticGrowth: 1}  # else 2
unit = st.floats(0.0, 1.0)


def column(*values):
    return torch.tensor(values, dtype=torch.float64)


def exact_jet(problem, points):
    return jet_of(problem.exact, points, problem.coordinates)


def scale(partials, jet):
    """The sizes of what an operator adds up: rounding is relative to these."""
    pairs = zip(partials.entries, jet.entries, strict=True)
    return 1 + sum((partial * entry).abs() for partial, entry in pairs)


def random_jet(problem, num_points, generator):
    count = len(entry_names(problem.coordinates))
    entries = torch.randn(count, num_points, dtype=torch.float64, generator=generator)
    return Jet.of(problem.coordinates, [entry.requires_grad_() for entry in entries])


def point_of(problem, shares, alphas):
    """A point at these shares of the domain; of the L in its left half, away from the corner."""
    places = []
    for (low, high), share in zip(problem.box, shares, strict=False):
        places.append(low + share * (high - low))
    if isinstance(problem, CornerLaplace):
        places[0] = -1 + 0.99 * shares[0]
    return column(*places, *alphas)[None]


def assert_solved(problem, points):
    """Both operators vanish at `points` and at the boundary of their alphas, up to rounding."""
    rim = problem.boundary_points(problem.alphas_of(points))
    for where, operator, partials in (
        (points, problem.residual, problem.residual_partials),
        (rim, problem.boundary, problem.boundary_partials),
    ):
        jet = exact_jet(problem, where)
        assert (operator(where, jet).abs() <= 1e-13 * scale(partials(where, jet), jet)).all()


@each_problem
@given(stds=st.floats(-4.0, 4.0), x=unit, t=unit)
def test_exact_solution_solves_the_problem_in_the_prior(problem, stds, x, t):
    alphas = [law.mean + stds * law.std for law in problem.prior.laws]
    assert_solved(problem, point_of(problem, (x, t), alphas))


@each_problem
@given(share=unit, x=unit, t=unit)
def test_exact_solution_solves_the_problem_all_over_its_range(problem, share, x, t):
    low, high = problem.alpha_range
    alpha = min(max(low + share * (high - low), low), high)
    point = point_of(problem, (x, t), [alpha] * problem.num_parameters)
    assert problem.solution(point).isfinite().all()
    assert_solved(problem, point)


@pytest.mark.parametrize(
    "problem",
    [
        NonlinearConduction(beta=2.5),
        BurgersFront(viscosity=0.05, start=0.6),
        AdvectionDiffusion(peclet=40.0),
        Helmholtz(wavenumber=10.0),
    ],
)
def test_other_settings_have_their_own_solution(problem, generator):
    alphas = problem.prior.sample(200, generator=generator)
    assert_solved(problem, problem.sample_points(alphas, generator=generator))
    problem.check(generator=generator)


@each_problem
def test_partials_against_autograd(problem, generator):
    alphas = problem.prior.sample(20, generator=generator)
    inside = problem.sample_points(alphas, generator=generator)
    rim = problem.boundary_points(alphas)
    for points, operator, partials in (
        (inside, problem.residual, problem.residual_partials),
        (rim, problem.boundary, problem.boundary_partials),
    ):
        jet = random_jet(problem, len(points), generator)
        expected = torch.autograd.grad(
            operator(points, jet).sum(), jet.entries, materialize_grads=True, allow_unused=True
        )
        got = partials(points, jet)
        assert len(got.entries) == len(jet.entries)
        for ours, theirs in zip(got.entries, expected, strict=True):
            torch.testing.assert_close(ours, theirs, atol=1e-13, rtol=1e-13)


@each_problem
def test_a_linear_problem_is_one_whose_operators_are_affine(problem, generator):
    points = problem.sample_points(
        problem.prior.sample(9, generator=generator), generator=generator
    )
    first, second = (random_jet(problem, 9, generator) for _ in range(2))
    middle = first.map(lambda a, b: (a + b) / 2, second)
    operator = problem.residual
    halves = (operator(points, first) + operator(points, second)) / 2
    assert torch.allclose(operator(points, middle), halves, atol=1e-12) == problem.linear


@each_problem
@pytest.mark.parametrize(("operator", "entry"), [("residual", "xx"), ("boundary", "u")])
def test_check_passes_and_finds_a_wrong_sign(problem, operator, entry, generator):
    problem.check(generator=generator)
    if isinstance(problem, LogisticGrowth) and entry == "xx":
        entry = "x"  # the equation is of first order

    def wrong(self, points, jet):
        return getattr(problem, operator)(points, jet._replace(**{entry: -getattr(jet, entry)}))

    broken = type("Broken", (type(problem),), {operator: wrong})()
    message = rf"{operator} = .*: must be 0 at the exact solution of Broken"
    with pytest.raises(ArithmeticError, match=message):
        broken.check(generator=generator)


def test_jets_against_derivatives_by_hand(generator):
    points = torch.rand(7, 3, dtype=torch.float64, generator=generator)
    x, t, alpha = points.unbind(-1)
    jet = jet_of(lambda x, t, alpha: torch.sin(2 * x) * torch.exp(alpha * t), points)
    grown = torch.exp(alpha * t)
    expected = Jet(
        torch.sin(2 * x) * grown,
        2 * torch.cos(2 * x) * grown,
        -4 * torch.sin(2 * x) * grown,
        alpha * torch.sin(2 * x) * grown,
    )
    torch.testing.assert_close(jet, expected, atol=1e-14, rtol=1e-14)
    with torch.no_grad():
        line = jet_of(lambda x, alpha: alpha * x, points[:, [0, 2]])
    assert line.t is None
    assert jet.in_time is jet.t
    with pytest.raises(ValueError, match="t = None: must be a tensor, of a function in space-time"):
        _ = line.in_time
    torch.testing.assert_close(line.entries, [alpha * x, alpha, torch.zeros_like(x)])
    assert not any(entry.requires_grad for entry in (*jet.entries, *line.entries))


def test_jets_along_partials():
    """Of two functions at three points; the partials may come in a batch where the jet does not."""
    jet = Jet(*(torch.stack([row, -row], dim=-1) for row in column(*range(9)).reshape(3, 3)))
    partials = Jet(*column(1, 10, 100)[:, None].expand(3, 3))
    expected = [[630, -630], [741, -741], [852, -852]]
    assert jet.along(partials).tolist() == expected
    batch = Jet(*(torch.stack([entry, 2 * entry]) for entry in partials.entries))
    assert jet.along(batch)[0].tolist() == expected
    assert torch.equal(jet.along(batch)[1], 2 * jet.along(partials))


@each_with_one_parameter
@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 4)])
def test_boundary_points_of_batches(problem, shape, generator):
    alphas = torch.randn(shape, dtype=torch.float64, generator=generator).requires_grad_()
    points = problem.boundary_points(alphas)
    per_alpha = NUM_BOUNDARY_POINTS.get(type(problem), 2)
    assert points.shape == (*shape[:-1], 4 * per_alpha, len(problem.coordinates) + 1)
    alone = torch.stack([problem.boundary_points(row) for row in alphas.reshape(-1, 4)])
    assert torch.equal(points.flatten(0, -3) if points.ndim > 2 else points[None], alone)
    assert torch.equal(points[..., -1].sort(-1).values[..., ::per_alpha], alphas.sort(-1).values)
    points[..., -1].sum().backward()
    assert (alphas.grad == per_alpha).all()


def test_ends_of_an_interval():
    points = RobinPoisson().boundary_points(column(5, 7))
    assert points.tolist() == [[0, 5], [0, 7], [1, 5], [1, 7]]


def test_traces_of_a_front_are_its_past_and_its_sides_never_its_future():
    points = BurgersFront(num_traces=3).boundary_points(column(2))
    assert {tuple(row) for row in points[:, :2].tolist()} == {
        *((x, 0.0) for x in (0.0, 0.5, 1.0)),
        *((x, t) for x in (0.0, 1.0) for t in (0.0, 0.5, 1.0)),
    }


def test_a_grid_of_an_l_keeps_away_from_its_corner_and_its_missing_quadrant():
    problem = CornerLaplace()
    grid = problem.grid(column(5, -3), 5)
    assert grid.shape == (2 * 3 * 9, 3)
    assert grid[:, -1].tolist() == [5.0] * 27 + [-3.0] * 27
    assert not ((grid[:, 0] > 0) & (grid[:, 1] < 0)).any()
    assert grid[:, :2].abs().amin(1).min() > 0.1
    alphas = torch.zeros(3000, dtype=torch.float64)
    drawn = problem.sample_points(alphas, generator=torch.Generator().manual_seed(0))
    squares, counts = drawn[:, :2].floor().unique(dim=0, return_counts=True)
    assert squares.tolist() == [[-1, -1], [-1, 0], [0, 0]]
    assert (counts > 900).all()
    rim = problem.boundary_points(column(5))
    assert rim.shape == (64, 3)
    assert not ((rim[:, 0] > 0) & (rim[:, 1] < 0)).any()
    assert rim[:, :2].norm(dim=1).min() > 0.05


@each_on_a_box
def test_grid(problem):
    d = len(problem.coordinates)
    grid = problem.grid(column(5, -3), 4)
    assert grid.shape == (2 * 4**d, d + 1)
    assert grid[:, -1].tolist() == [5.0] * 4**d + [-3.0] * 4**d
    ticks = [torch.linspace(*ends, 4, dtype=torch.float64) for ends in problem.box]
    assert torch.equal(grid[: 4**d, :-1], torch.cartesian_prod(*ticks).reshape(-1, d))


shares = st.floats(1e-3, 0.99)


@given(shares, shares, st.floats(-3, 3), st.floats(0.1, 3), st.integers(0, 100))
def test_tails_are_on_their_sides_of_the_gap(lower, upper, mean, std, seed):
    if not lower + upper < 0.999:
        with pytest.raises(ValueError, match=r"lower = .*, upper = .*: must sum to below 1"):
            Tails(lower, max(upper, 1 - lower))
        return
    tails, law = Tails(lower, upper), Prior(mean, std)
    generator = torch.Generator().manual_seed(seed)
    low, high = tails.gap(law)
    assert low < high
    rounding = 1e-9 * std
    below = tails.sample_lower(law, 50, generator=generator)
    above = tails.sample_upper(law, 50, generator=generator)
    assert below.shape == above.shape == (50,)
    assert torch.cat([below, above]).isfinite().all()
    assert below.max().item() <= low + rounding
    assert above.min().item() >= high - rounding


def test_tails_follow_the_prior(generator):
    """Given the tail, the share below is uniform: its mean is a half, its deviation 1/√12."""
    tails, law = Tails(0.2, 0.3), Prior(1.0, 2.0)
    normal = torch.distributions.Normal(*column(law.mean, law.std))
    below = normal.cdf(tails.sample_lower(law, 10_000, generator=generator)) / 0.2
    above = (1 - normal.cdf(tails.sample_upper(law, 10_000, generator=generator))) / 0.3
    for share in (below, above):
        assert share.mean().item() == pytest.approx(0.5, abs=0.015)
        assert share.std().item() == pytest.approx(12**-0.5, abs=0.01)


@pytest.mark.parametrize("settings", [(0.0, 0.2), (0.2, -0.1), (float("nan"), 0.2)])
def test_empty_tails_are_refused(settings):
    with pytest.raises(ValueError, match=r"lower = .*, upper = .*: must be above 0"):
        Tails(*settings)


@each_problem
@pytest.mark.parametrize("side", [0, 1])
def test_alphas_out_of_range_are_refused(problem, side):
    end = problem.alpha_range[side]
    problem.check_alpha(column(*[end] * problem.num_parameters))
    for bad in (end + (1 if side else -1), float("nan")):
        points = torch.cat([problem.limits()[:1], problem.limits()[:1]])
        points[1, -1] = bad
        message = rf"alpha(_3)? = {bad:g}: must be from .* to .* in {type(problem).__name__}"
        with pytest.raises(ValueError, match=message):
            problem.solution(points)


@pytest.mark.parametrize(
    ("kind", "setting", "message"),
    [
        (NonlinearConduction, {"beta": 0.0}, r"beta = 0\.0: must be above 0 and at most 30"),
        (BurgersFront, {"viscosity": 0.0}, r"viscosity = 0\.0: must be above 0"),
        (BurgersFront, {"num_traces": 0}, r"num_traces = 0: must be at least 1"),
        (AdvectionDiffusion, {"peclet": 0.0}, r"peclet = 0\.0: must be above 0 and at most 100"),
        (
            AdvectionDiffusion,
            {"peclet": 200.0},
            r"peclet = 200\.0: must be above 0 and at most 100",
        ),
        (Helmholtz, {"wavenumber": 0.0}, r"wavenumber = 0\.0: must be above 0 and at most 20"),
        (Helmholtz, {"wavenumber": 3.14}, r"wavenumber = 3\.14: must not be within 0\.1 of 1 pi"),
    ],
)
def test_bad_settings_are_refused(kind, setting, message):
    with pytest.raises(ValueError, match=message):
        kind(**setting)
