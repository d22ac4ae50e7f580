"""Own problems that are wrong: each is refused in one line that says what is wrong."""

import math

import pytest
import torch

from ddlib.pinn import Dirichlet, IntervalProblem, Neumann, Robin
from ddlib.pinn.collocation import at_synthetic
from ddlib.pinn.feature_pinn import FeaturePINN
from ddlib.pinn.hard_boundary import HardBoundaryPINN
from ddlib.pinn.problem import ParametricProblem
from tests.pinn.manufactured import Plate

INF, NAN = math.inf, math.nan


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def own(residual=lambda points, jet: jet.xx - 9 * jet.u, base=IntervalProblem, **parts):
    """The problem as a newcomer writes it: a residual, and what else is told."""
    if base is Plate:
        parts |= {"exact": ParametricProblem.exact, "boundary": lambda self, p, jet: jet.u}
        parts["residual_partials"] = ParametricProblem.residual_partials
    return type("Own", (base,), {"residual": lambda self, *a: residual(*a), **parts})()


def assert_refused(problem, message):
    with pytest.raises(ValueError, match=message) as raised:
        problem.check(generator=seeded())
    assert "\n" not in str(raised.value)
    return raised.value


@pytest.mark.parametrize("linear", [True, False])
@pytest.mark.parametrize("value", [NAN, INF, -INF])
def test_values_that_are_not_finite_are_refused_first(linear, value):
    def residual(points, jet):
        late = points[..., 0] > 0.9
        return torch.where(late, value, jet.xx - jet.u)

    place = r"x = 0\.9\d*, alpha = [-\d.]+: must be finite at u = start_value = 0$"
    assert_refused(own(residual, linear=linear), rf"^residual = {value} at {place}")

    def partials(self, points, jet):
        return jet.map(lambda entry: torch.where(points[..., 0] > 0.9, value, 0 * entry))

    wrong = own(residual_partials=partials, linear=linear)
    assert_refused(wrong, rf"^residual_partials\.u = {value} at {place}")


def test_a_point_of_several_columns_is_told():
    plate = own(lambda points, jet: jet.laplacian / 0, Plate)
    place = r"x = 0\.\d+, y = 0\.\d+, alpha_1 = [-\d.]+, alpha_2 = [-\d.]+"
    assert_refused(
        plate, rf"^residual = -?(inf|nan) at {place}: must be finite at u = start_value = 0$"
    )


@pytest.mark.parametrize(
    ("residual", "entry"),
    [
        (lambda points, jet: (jet.xx - jet.u).detach(), "u"),
        (lambda points, jet: torch.tensor((jet.xx - jet.u).tolist()).to(jet.u), "u"),
        (lambda points, jet: jet.xx.detach() - jet.u, "xx"),
    ],
)
@pytest.mark.parametrize("linear", [True, False])
def test_a_residual_that_is_cut_off_from_autograd_is_refused(residual, entry, linear):
    message = f"residual: changes with {entry}, but its derivative by {entry} is 0 in Own; must not"
    assert_refused(own(residual, linear=linear), message)


def test_a_kink_that_only_large_jets_reach_is_not_affine():
    def residual(points, jet):
        return jet.xx + torch.relu(jet.u - 6)

    message = "linear = True: must be False in Own, whose residual is not affine in the jet"
    assert_refused(own(residual), message)
    own(residual, linear=False).check(generator=seeded())


@pytest.mark.parametrize(
    ("residual", "error"),
    [
        (lambda points, jet: jet.xx - points[:, 2], "IndexError: index 2 is out of bounds"),
        (lambda points, jet: jet.xx - points[:, 1], r"RuntimeError: The size of tensor"),
        (lambda points, jet: jet.xx + jet.yy, "TypeError: unsupported operand type"),
        (lambda points, jet: jet.zz, "AttributeError: 'Jet' object has no attribute 'zz'"),
        (lambda points: 0, "TypeError: .* takes 1 positional argument but 2 were given"),
    ],
)
def test_what_a_residual_raises_is_told_in_one_line(residual, error):
    raised = assert_refused(own(residual), f"^residual: raises {error}.* in Own; must return a")
    assert raised.__cause__ is not None


def test_what_other_methods_raise_is_told_in_one_line():
    def broken(*_, **settings):
        raise KeyError("two\nlines")

    for name in ("residual_partials", "sample_points", "boundary_points", "exact"):
        message = rf"^{name}: raises KeyError: 'two\\nlines' in Own; must return"
        assert_refused(own(**{name: broken}), message)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"alpha_range": (0.0, 1.0, 2.0)},
            r"alpha_range = .*: must be a lowest value",
        ),
        ({"alpha_range": (1.0,)}, r"alpha_range = .*: must be a lowest value"),
        ({"alpha_range": 1.0}, r"alpha_range = 1\.0: must be a lowest value and a higher"),
        ({"alpha_range": (1.0, -1.0)}, r"alpha_range = \(1\.0, -1\.0\): must be a lowest value"),
        ({"alpha_range": (NAN, 1.0)}, r"alpha_range = \(nan, 1\.0\): must be a lowest value"),
        ({"alpha_range": ("0", "1")}, r"alpha_range = \('0', '1'\): must be a lowest value"),
        ({"linear": "no"}, r"linear = 'no': must be True or False in Own"),
        ({"linear": None}, r"linear = None: must be True or False in Own"),
        ({"affine": 1}, r"affine = 1: must be True or False in Own"),
        ({"num_features": 0}, r"num_features = 0: must be a whole number, at least 1, in Own"),
        ({"num_features": 2.5}, r"num_features = 2\.5: must be a whole number, at least 1, in Own"),
        ({"bandwidth": 0.0}, r"bandwidth = 0\.0: must be a finite number above 0, or 2 of them"),
        ({"bandwidth": "1"}, r"bandwidth = '1': must be a finite number above 0, or 2 of them"),
        ({"bandwidth": (1.0, INF)}, r"bandwidth = .*: must be a finite number above 0, or 2"),
        ({"bandwidth": (1.0,) * 3}, r"bandwidth = .*: must be a finite number above 0, or 2"),
        ({"domain": ("0", "1")}, r"domain = .*: must have a low end below its high end, both"),
        ({"domain": (0.0, INF)}, r"domain = .*: must have a low end below its high end, both"),
        ({"start_value": "1"}, r"start_value = '1': must be a finite number in Own"),
        ({"start_value": INF}, r"start_value = inf: must be a finite number in Own"),
        ({"prior": (0.0, 1.0)}, r"prior: a tuple; must be a Prior in Own"),
    ],
)
def test_attributes_without_meaning_are_refused(settings, message):
    assert_refused(own(**settings), message)


@pytest.mark.parametrize(
    ("residual", "base", "message"),
    [
        (lambda p, jet: jet.u - p[..., 0], IntervalProblem, "no derivative in Own; must .* x, xx$"),
        (lambda p, jet: jet.u, Plate, "no derivative in Own; must depend on one of x, xx, y, yy$"),
        (lambda p, jet: p[..., 0], IntervalProblem, "the same for every jet in Own; must depend"),
        (lambda p, jet: 0 * jet.xx, IntervalProblem, "the same for every jet in Own; must depend"),
    ],
)
def test_an_equation_without_a_derivative_is_refused(residual, base, message):
    assert_refused(own(residual, base), f"^residual: {message}")


def test_a_boundary_that_does_not_depend_on_the_jet_is_refused():
    plate = own(lambda points, jet: jet.laplacian, Plate)
    plate = type("Own", (type(plate),), {"boundary": lambda self, p, jet: p[..., 0]})()
    wrong = type("Own", (type(plate),), {"boundary_partials": ParametricProblem.boundary_partials})
    assert_refused(wrong(), "^boundary: the same for every jet in Own; must depend on it$")


ONE, NO = Dirichlet(1.0), "; must be two conditions in Own, the second may be None$"


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        (
            (ONE, None),
            r"\[1\] = None: must be a condition in Own, whose equation is of second order",
        ),
        ((ONE,), f": 1 of them{NO}"),
        ((ONE, ONE, ONE), f": 3 of them{NO}"),
        (ONE, f": a Dirichlet{NO}"),
        (None, r" = None: must be two conditions in Own"),
        ("ab", r" = 'ab': must be two conditions in Own"),
        (("u", ONE), r"\[0\] = 'u': must be a condition in Own, Dirichlet\(\) for one$"),
        ((ONE, 0.0), r"\[1\] = 0\.0: must be a condition in Own"),
        ((None, ONE), r"\[0\] = None: must be a condition in Own"),
        ((ONE, Dirichlet), r"\[1\]: a type; must be a condition in Own"),
        ((ONE, Dirichlet("1")), r": at x = 1: raises TypeError: .*; must return a value for each"),
        ((ONE, Dirichlet(lambda a: a[:3])), r": at x = 1: raises RuntimeError: The size of tensor"),
        (
            (Dirichlet(lambda a: a[..., None]), ONE),
            r": at x = 0, value: shape .*; must be a tensor",
        ),
        ((lambda alpha, u, slope: 0.0, ONE), r": at x = 0, value: a float; must be a tensor of"),
        ((lambda alpha: alpha, ONE), r": at x = 0: raises TypeError: .* must return a value for"),
        ((Dirichlet(NAN), ONE), r": at x = 0, value = nan at x = 0, alpha = .*: must be finite$"),
        ((ONE, Neumann(lambda a: a / 0)), r": at x = 1, value = -?inf at x = 1, .*must be finite"),
        ((ONE, Robin(0.0, 0.0, 1.0)), r": at x = 1 without u and u' where alpha = .* in Own; must"),
        ((Robin(torch.relu, 0.0), ONE), r": at x = 0 without u and u' where alpha = -.* in Own"),
    ],
)
def test_wrong_conditions_are_refused(conditions, message):
    assert_refused(own(conditions=conditions), f"^conditions{message}")


@pytest.mark.parametrize("conditions", [(None, ONE), (ONE,), ("u", ONE), (ONE, Robin), 3])
def test_wrong_conditions_are_refused_where_they_are_used(conditions):
    problem = own(conditions=conditions)
    points = problem.grid(torch.zeros(1, dtype=torch.float64), 3)
    rows = torch.rand(5, 3, dtype=torch.float64, generator=seeded())
    for use in (
        lambda: problem.solution(points),
        lambda: FeaturePINN(problem, at_synthetic(problem))(rows, generator=seeded()),
        lambda: HardBoundaryPINN(problem, at_synthetic(problem)),
    ):
        with pytest.raises(ValueError, match=r"^conditions.*must be (a|two) condition.* in Own"):
            use()


def test_conditions_that_methods_stand_in_for_are_not_looked_at():
    own(conditions=(None, ONE), left=lambda self, alpha, u, slope: u - 1).check(generator=seeded())
    own(lambda points, jet: jet.x + jet.u, conditions=(ONE, None)).check(generator=seeded())


@pytest.mark.parametrize(
    ("result", "found"),
    [
        (lambda x, alpha: 0.0, "a float"),
        (lambda x, alpha: x.numpy(), "a ndarray"),
        (lambda x, alpha: x[:3], r"shape \(3,\)"),
    ],
)
def test_an_exact_solution_of_another_kind_is_refused(result, found):
    broken = own(exact=lambda self, *columns: result(*columns))
    assert_refused(broken, f"^exact: {found}; must be a tensor of shape")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_points": 0}, r"num_points = 0: must be a whole number, at least 1"),
        ({"num_points": 2.5}, r"num_points = 2\.5: must be a whole number"),
        ({"generator": 0}, r"generator = 0: must be a torch\.Generator"),
    ],
)
@pytest.mark.parametrize("problem", [own(), Plate()])
def test_what_a_check_is_given_is_checked(problem, settings, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        problem.check(**{"generator": seeded(), **settings})


def test_partials_that_are_no_jet_are_refused():
    wrong = own(residual_partials=lambda self, points, jet: jet.u)
    assert_refused(wrong, "^residual_partials: a Tensor; must be a Jet$")
