"""Case study 2: physics-informed learners of parametric boundary-value problems."""

from ddlib.pinn.advection import AdvectionDiffusion
from ddlib.pinn.burgers import BurgersFront
from ddlib.pinn.conditions import Dirichlet, Neumann, Robin
from ddlib.pinn.conduction import NonlinearConduction
from ddlib.pinn.corner import CornerLaplace
from ddlib.pinn.helmholtz import Helmholtz
from ddlib.pinn.interval import IntervalProblem
from ddlib.pinn.logistic import LogisticGrowth
from ddlib.pinn.poisson import DirichletPoisson, RobinPoisson
from ddlib.pinn.problem import ParametricProblem, Prior, Tails
from ddlib.pinn.square_poisson import SquarePoisson

PROBLEMS: dict[str, ParametricProblem] = {
    type(problem).__name__: problem
    for problem in (
        DirichletPoisson(),
        RobinPoisson(),
        NonlinearConduction(),
        BurgersFront(),
        AdvectionDiffusion(),
        Helmholtz(),
        LogisticGrowth(),
        SquarePoisson(),
        CornerLaplace(),
    )
}
"""The problems of the case study by the names of their classes."""

__all__ = [
    "PROBLEMS",
    "AdvectionDiffusion",
    "BurgersFront",
    "CornerLaplace",
    "Dirichlet",
    "DirichletPoisson",
    "Helmholtz",
    "IntervalProblem",
    "LogisticGrowth",
    "Neumann",
    "NonlinearConduction",
    "ParametricProblem",
    "Prior",
    "Robin",
    "RobinPoisson",
    "SquarePoisson",
    "Tails",
]
