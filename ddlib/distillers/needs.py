"""What methods need of a problem beyond a learner and a criterion, and who lacks it."""

from __future__ import annotations

from torch import Tensor

from ddlib.problem import DistillationProblem, NotApplicable
from ddlib.problem.training import GradientLearner


def gradient_learner(problem: DistillationProblem, method: str) -> GradientLearner:
    """Return the learner as one with a loss.

    Args:
        problem: has the learner.
        method: what the message calls the method.

    Raises:
        NotApplicable: for a learner without a loss.
    """
    learner = problem.learner
    if not isinstance(learner, GradientLearner):
        raise NotApplicable(
            f"learner: {type(learner).__name__} has no loss to descend; {method} needs one "
            "(see ddlib.problem.training.GradientLearner)"
        )
    return learner


def training_rows(problem: DistillationProblem, method: str) -> Tensor:
    """Return the training rows `(n, …)`.

    Args:
        problem: has the rows.
        method: what the message calls the method.

    Raises:
        NotApplicable: for a problem without training rows.
    """
    if problem.training is None:
        raise NotApplicable(f"training: None; {method} needs the training rows in the problem")
    return problem.training
