"""What `check` refuses: each wrong problem in one line that says what is wrong."""

import pytest
import torch

from ddlib.pinn import PROBLEMS, BurgersFront, NonlinearConduction, RobinPoisson
from ddlib.pinn.problem import ParametricProblem, Prior
from tests.pinn.manufactured import CoolingPlate, Plate

EVERY = {**PROBLEMS, "Plate": Plate(), "CoolingPlate": CoolingPlate()}
each_problem = pytest.mark.parametrize("problem", EVERY.values(), ids=EVERY.keys())


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def changed(problem, **methods):
    return type("Broken", (type(problem),), methods)()


def assert_refused(problem, message, kind=ValueError):
    with pytest.raises(kind, match=message) as raised:
        problem.check(generator=seeded())
    assert "\n" not in str(raised.value)


@each_problem
def test_what_fits_together_passes(problem):
    problem.check(generator=seeded())
    problem.check(generator=seeded(1), num_points=3)


@each_problem
@pytest.mark.parametrize("name", ["residual", "boundary"])
def test_a_wrong_sign_in_a_derivative_is_refused(problem, name):
    def wrong(self, points, jet):
        return getattr(problem, f"{name}_partials")(points, jet).map(torch.neg)

    message = rf"{name}_partials\.(\w+) = .*: must be .*, the derivative of {name} by \1, in"
    assert_refused(changed(problem, **{f"{name}_partials": wrong}), message)


@pytest.mark.parametrize("problem", [NonlinearConduction(), BurgersFront(), CoolingPlate()])
def test_a_nonlinear_problem_that_says_it_is_linear_is_refused(problem):
    message = r"linear = True: must be False in Broken, whose residual is not affine in the jet"
    assert_refused(changed(problem, linear=True), message)


def test_a_nonlinear_boundary_that_says_it_is_linear_is_refused():
    def boundary(self, points, jet):
        return jet.u.square() - self.exact(*points.unbind(-1)).square()

    partials = ParametricProblem.boundary_partials
    wrong = changed(Plate(), boundary=boundary, boundary_partials=partials)
    assert_refused(wrong, r"linear = True: must be False in Broken, whose boundary is not affine")


@pytest.mark.parametrize("problem", [RobinPoisson(), Plate()])
@pytest.mark.parametrize(
    ("result", "found"),
    [
        (lambda jet: jet.u[..., None], r"shape \(1000, 1\)"),
        (lambda jet: jet.u.mean(), r"shape \(\)"),
        (lambda jet: 0.0, "a float"),
        (lambda jet: None, "a NoneType"),
    ],
)
def test_a_residual_of_another_shape_is_refused(problem, result, found):
    broken = changed(problem, residual=lambda self, points, jet: result(jet))
    assert_refused(broken, rf"residual: {found}; must be a tensor of shape \(1000,\), a value")


def test_a_residual_that_forgets_batches_is_refused():
    broken = changed(RobinPoisson(), residual=lambda self, points, jet: -jet.xx.reshape(-1) - 1)
    assert_refused(broken, r"residual: shape \(2000,\); must be a tensor of shape \(2, 1000\)")


def test_partials_of_another_shape_are_refused():
    def partials(self, points, jet):
        one = torch.ones((), dtype=torch.float64)
        return jet._replace(u=one, x=one, xx=one)

    broken = changed(RobinPoisson(), residual_partials=partials)
    assert_refused(broken, r"residual_partials\.u: shape \(\); must be a tensor of shape \(1000,\)")
    broken = changed(Plate(), residual_partials=lambda self, p, jet: jet._replace(y=None))
    assert_refused(broken, r"residual_partials: entries \['u', 'x', 'xx', 'yy'\]; must be \['u', ")


def test_boundary_points_of_another_width_are_refused():
    broken = changed(Plate(), boundary_points=lambda self, alphas: alphas)
    assert_refused(broken, r"boundary_points: shape \(1000, 2\); must be \(n, 4\)")


@pytest.mark.parametrize("names", [("t",), ("x", "z"), ("y", "x"), ("x", "x"), ("x", "y", "t"), ()])
def test_unknown_coordinates_are_refused(names):
    broken = changed(RobinPoisson(), coordinates=names)
    assert_refused(broken, r"coordinates = \(.*\): must be \('x',\), \('x', 't'\) or \('x', 'y'\)")


def test_a_prior_out_of_range_is_refused():
    for prior in (Prior(40.0, 1.0), Prior(28.0, 1.0), Prior(others=(Prior(0.0, 20.0),))):
        broken = changed(RobinPoisson(), prior=prior)
        message = r"prior: from .* to .* within three deviations in Broken; must be within alpha_ra"
        assert_refused(broken, message)


def test_a_condition_that_ends_with_the_range_is_not_asked_beyond():
    for seed in range(5):
        rod = changed(
            RobinPoisson(),
            exact=ParametricProblem.exact,
            prior=Prior(1.0, 1 / 3 - 1e-9),
            alpha_range=(0.0, 5.0),
            left=lambda self, alpha, u, slope: u - alpha.sqrt(),
            left_partials=lambda self, alpha: (torch.ones_like(alpha), torch.zeros_like(alpha)),
        )
        rod.check(generator=seeded(seed))


def test_a_newcomer_writes_a_residual_once():
    class Spring(ParametricProblem):
        """u'' = -9 u with u(0) = 0 and u'(0) = 3α: nothing but what the equation says."""

        def residual(self, points, jet):
            return jet.xx + 9 * jet.u

        def boundary_points(self, alphas):
            return self.points_at(torch.zeros(1, 1, dtype=torch.float64), alphas)

        def boundary(self, points, jet):
            return jet.u + jet.x - 3 * self.alphas_of(points)

    problem = Spring()
    problem.check(generator=seeded())
    assert not problem.has_exact
    with pytest.raises(NotImplementedError, match=r"exact: none in Spring; must be `solution`"):
        problem.exact()
