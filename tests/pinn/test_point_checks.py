"""Points, parameters and rows that a problem does not have: one line each."""

import numpy as np
import pytest
import torch

from ddlib.pinn import CornerLaplace, Dirichlet, IntervalProblem, LogisticGrowth, SquarePoisson
from ddlib.pinn.collocation import at_synthetic, prior
from ddlib.pinn.data import ParametricData, draw_parametric
from ddlib.pinn.distillation import ParametricTask
from ddlib.pinn.feature_pinn import FeaturePINN
from ddlib.pinn.network_pinn import NetworkPINN
from ddlib.pinn.problem import Tails
from tests.pinn.manufactured import CoolingPlate

ROWS = torch.rand(30, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


class Fin(IntervalProblem):
    """u'' = 9u on (2, 3), with u(2) = α and u(3) = 0."""

    domain = (2.0, 3.0)
    conditions = (Dirichlet(lambda alpha: alpha), Dirichlet())

    def residual(self, points, jet):
        return jet.xx - 9 * jet.u


class Plain(CoolingPlate):
    """A problem in the plane, solved by finite differences."""

    exact = IntervalProblem.exact


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (torch.tensor([[3.5, 0.0]]), r"x = 3\.5: must be from 2 to 3 in Fin$"),
        (torch.tensor([[1.999, 0.0]]), r"x = 1\.999: must be from 2 to 3 in Fin$"),
        (torch.tensor([[torch.nan, 0.0]]), r"x = nan: must be from 2 to 3 in Fin$"),
        (torch.tensor([[2.5, 0.0, 0.0]]), r"points: shape \(1, 3\); must be \(…, n, 2\) in Fin$"),
        (torch.tensor(2.5), r"points: shape \(\); must be \(…, n, 2\) in Fin$"),
        (torch.tensor([[2, 0]]), r"points: torch\.int64; must be a tensor \(…, n, 2\) of floating"),
        ([[2.5, 0.0]], r"points: a list; must be a tensor"),
        (np.array([[2.5, 0.0]]), r"points: a ndarray; must be a tensor"),
        (0.5, r"points = 0\.5: must be a tensor"),
    ],
)
def test_points_that_a_problem_does_not_have_are_refused(points, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        Fin().solution(points)


def test_a_fine_solve_in_the_plane_does_not_extrapolate():
    problem = Plain()
    points = problem.limits(0.5)
    points[1, 1] += 0.1
    with pytest.raises(ValueError, match=r"^y = .*: must be from .* to .* in Plain$"):
        problem.solution(points)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_ends_belong_to_the_domain_up_to_rounding(dtype):
    class Third(Fin):
        domain = (0.1, 0.3)

    ends = torch.tensor([[0.1, 1.0], [0.3, 1.0], [0.1 + 0.2, 1.0]], dtype=dtype)
    found = Third().solution(ends)
    torch.testing.assert_close(found, ends.new_tensor([1.0, 0.0, 0.0]), rtol=0, atol=1e-6)


def test_an_exact_solution_is_known_outside():
    points = torch.tensor([[5.0, 0.5]], dtype=torch.float64)
    assert LogisticGrowth().solution(points).isfinite().all()


@pytest.mark.parametrize("domain", [(0.0, 0.0), (1.0, 0.0), (0.0, torch.nan), (0.0,), None, 5])
def test_a_domain_without_interior_is_refused_by_the_solver(domain):
    empty = type("Own", (Fin,), {"domain": domain})()
    with pytest.raises(ValueError, match=r"^domain = .*: must have a low end below its high end"):
        empty.solution(torch.tensor([[0.0, 0.0]]))


@pytest.mark.parametrize(
    ("problem", "alphas", "message"),
    [
        (Fin(), 0.5, r"alphas = 0\.5: must be a tensor \(…, n\)$"),
        (Fin(), torch.tensor(0.5), r"alphas: shape \(\); must be \(…, n\) in Fin$"),
        (SquarePoisson(), torch.zeros(7), r"alphas: shape \(7,\); must be \(…, n, 3\) in Square"),
        (SquarePoisson(), torch.zeros(7, 2), r"alphas: shape \(7, 2\); must be \(…, n, 3\) in"),
    ],
)
def test_parameters_that_a_problem_does_not_have_are_refused(problem, alphas, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        problem.grid(alphas, 3)
    with pytest.raises(ValueError, match=f"^{message}"):
        problem.boundary_points(alphas) if torch.is_tensor(alphas) else problem.grid(alphas, 3)


def task_of(problem, rows):
    pinn = FeaturePINN(problem, at_synthetic(problem))
    return ParametricTask.of(pinn, ParametricData.measured(rows), Tails())


def test_measured_rows_out_of_the_domain_are_refused():
    inside = ROWS + torch.tensor([2.0, 0.0, 0.0])
    assert len(task_of(Fin(), inside).data.training) == 30
    with pytest.raises(ValueError, match=r"^training: x = .*: must be from 2 to 3 in Fin$"):
        task_of(Fin(), ROWS)
    with pytest.raises(ValueError, match=r"^training: alpha = -.*: must be from 0 to 10 in Log"):
        task_of(LogisticGrowth(), ROWS - torch.tensor([0.0, 2.0, 0.0]))
    with pytest.raises(ValueError, match=r"^training: shape \(30, 2\); must be \(n, 3\)$"):
        task_of(Fin(), inside[:, :2])
    drawn = draw_parametric(CornerLaplace(), Tails(), generator=seeded())
    assert len(task_of(CornerLaplace(), drawn.training).data.training) == 200


def test_measured_rows_of_single_precision_are_taken():
    data = ParametricData.measured(ROWS.float())
    assert {split.dtype for split in (data.training, data.outside)} == {torch.float64}


LEARNERS = pytest.mark.parametrize("learner", [FeaturePINN, NetworkPINN])


@LEARNERS
def test_a_learner_takes_a_problem_that_is_made(learner):
    with pytest.raises(ValueError, match=r"^problem: .*; must be a ParametricProblem, an object"):
        learner(Fin, at_synthetic(Fin()))


@LEARNERS
@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (
            "prior",
            r"policy = 'prior': must be a collocation policy, at_synthetic\(pro",
        ),
        (at_synthetic, r"policy: returns a function; must return a Collocation, as at_synthetic"),
        (prior(SquarePoisson()), r"points: shape \(\d+, 5\); must be \(…, n, 2\) in Fin"),
    ],
)
def test_a_policy_that_is_none_or_another_problem_s_is_refused(learner, policy, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        learner(Fin(), policy)(ROWS, generator=seeded())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Tails("a", 0.2), r"lower = 'a': must be above 0"),
        (lambda: Tails(0.2, None), r"upper = None: must be above 0"),
        (
            lambda: draw_parametric(Fin(), Tails(), generator=seeded(), noise="a"),
            r"noise = 'a': must be finite and above 0",
        ),
    ],
)
def test_texts_in_place_of_numbers_are_refused(call, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        call()
