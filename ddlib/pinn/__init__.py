"""Case study 2: physics-informed learners of parametric boundary-value problems."""

from ddlib.pinn.burgers import BurgersFront
from ddlib.pinn.conduction import NonlinearConduction
from ddlib.pinn.poisson import DirichletPoisson, RobinPoisson
from ddlib.pinn.problem import ParametricProblem

PROBLEMS: dict[str, ParametricProblem] = {
    type(problem).__name__: problem
    for problem in (DirichletPoisson(), RobinPoisson(), NonlinearConduction(), BurgersFront())
}
"""The problems of the case study by the names of their classes."""

__all__ = [
    "PROBLEMS",
    "BurgersFront",
    "DirichletPoisson",
    "NonlinearConduction",
    "ParametricProblem",
    "RobinPoisson",
]
