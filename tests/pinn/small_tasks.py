"""Parametric tasks small enough to be distilled in a test."""

from dataclasses import dataclass, replace

import torch

from ddlib.pinn import PROBLEMS, RobinPoisson
from ddlib.pinn.collocation import at_synthetic, nowhere
from ddlib.pinn.data import draw_parametric
from ddlib.pinn.distillation import ParametricTask
from ddlib.pinn.feature_pinn import FeaturePINN
from ddlib.pinn.labels import labelled
from ddlib.pinn.problem import Tails

TAILS = Tails()
# One parameter each, a written solution, one or two coordinates, linear and not.
WRITTEN = {
    name: PROBLEMS[name]
    for name in ("DirichletPoisson", "RobinPoisson", "NonlinearConduction", "BurgersFront")
}


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def task_of(
    problem,
    seed=0,
    *,
    deployment="known",
    num_features=12,
    penalty=0.1,
    num_iterations=200,
    **settings,
):
    """A task of few features, whose rows are for the feature PINN."""
    data = draw_parametric(problem, TAILS, generator=seeded(seed), **settings)
    pinn = FeaturePINN(
        problem,
        at_synthetic(problem),
        penalty=penalty,
        num_features=num_features,
        num_iterations=num_iterations,
    )
    return ParametricTask.of(pinn, data, TAILS, made_for="PINN", deployment=deployment)


def for_both(task):
    """The task whose rows are for the PINN and for the learner without the equation."""
    return replace(task, learners=(task.pinn, plain_of(task)))


def plain_of(task):
    """The feature PINN that knows nothing of the equation."""
    return replace(task.pinn, policy=nowhere(task.problem))


def spread_rows(task, num_rows=4, *, seed=1):
    """Rows at spread points, with the values of the solution."""
    generator = seeded(seed)
    label = task.solution(generator=generator)
    with torch.no_grad():
        return labelled(task.spread_points(num_rows, generator=generator), label)


def distillation_of(task, num_rows=4, *, criterion="fit", seed=1):
    """The problem that starts from `spread_rows`."""
    working = task.working(criterion, task.solution(generator=seeded(seed)))
    return task.distillation_problem(spread_rows(task, num_rows, seed=seed), working)


def hiding(task, *splits):
    """The task with NaN for all rows of these splits."""
    hidden = {name: torch.full_like(getattr(task.data, name), torch.nan) for name in splits}
    return replace(task, data=replace(task.data, **hidden))


@dataclass(frozen=True, eq=False)
class Watched(RobinPoisson):
    """Robin's problem, which notes the alphas at which the equation or the boundary is asked."""

    seen: tuple[list, ...] = ([],)

    def residual(self, points, jet):
        self.seen[0].append(points[..., -1].detach().flatten())
        return super().residual(points, jet)

    def boundary(self, points, jet):
        self.seen[0].append(points[..., -1].detach().flatten())
        return super().boundary(points, jet)

    def asked(self):
        """The alphas noted since the last time."""
        found = torch.cat([torch.zeros(0, dtype=torch.float64), *self.seen[0]])
        self.seen[0].clear()
        return found
