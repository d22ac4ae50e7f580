"""What methods need of a problem beyond a learner and a criterion, and who lacks it."""

from __future__ import annotations

from torch import Tensor

from ddlib.problem import DistillationProblem, NotApplicable
from ddlib.training import GradientLearner


def gradient_learner(problem: DistillationProblem, method: str) -> GradientLearner:
    """Return the learner as one with a loss; `NotApplicable` naming `method` where it has none."""
    learner = problem.learner
    if not isinstance(learner, GradientLearner):
        raise NotApplicable(
            f"learner: {type(learner).__name__} has no loss to descend; {method} needs one "
            "(see ddlib.training.GradientLearner)"
        )
    return learner


def training_rows(problem: DistillationProblem, method: str) -> Tensor:
    """Return the training rows; `NotApplicable` naming `method` where the problem has none."""
    if problem.training is None:
        raise NotApplicable(f"training: None; {method} needs the training rows in the problem")
    return problem.training
