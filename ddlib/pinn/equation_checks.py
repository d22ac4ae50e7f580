"""What learners check of an equation: whether there is one, and is defined where they begin."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from ddlib.arguments import function_faults, kind_faults, raise_faults
from ddlib.pinn.problem import ParametricProblem


def check_equation(problem: ParametricProblem, policy: Callable[..., object]) -> None:
    """Check that a learner knows a problem, and where it asks for the equation.

    Args:
        problem: of the learner; a class is none, it still has to be made an object.
        policy: of the learner.

    Raises:
        ValueError: for anything else.
    """
    faults = kind_faults("problem", problem, ParametricProblem, "a ParametricProblem, an object")
    wanted = "a collocation policy, at_synthetic(problem) for one"
    raise_faults(faults + function_faults("policy", policy, wanted))


def check_first_loss(loss: Tensor) -> None:
    """Check that a descent can begin.

    Args:
        loss: where it begins, `(…,)`.

    Raises:
        ArithmeticError: for a loss that is not finite.
    """
    if not loss.isfinite().all():
        first = loss[~loss.isfinite()].flatten()[0].item()
        raise ArithmeticError(
            f"loss = {first:g} where a learner begins: must be finite, so that `start_value` of "
            "the problem must be a u at which its equation is defined, and around which it is"
        )
