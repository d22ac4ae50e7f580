"""What methods need of a problem beyond a learner and a criterion, and who lacks it."""

from __future__ import annotations

import torch
from torch import Tensor

from ddlib.learners.network import NetworkLearner
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


def network_learner(problem: DistillationProblem, method: str) -> NetworkLearner:
    """Return the learner as a network.

    Args:
        problem: has the learner.
        method: what the message calls the method.

    Raises:
        NotApplicable: for another learner.
    """
    learner = problem.learner
    if not isinstance(learner, NetworkLearner):
        raise NotApplicable(
            f"learner: {type(learner).__name__} is no network; {method} needs a NetworkLearner"
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


def check_free_responses(problem: DistillationProblem, method: str) -> None:
    """Raise unless there are responses, which the feasible sets let move.

    Args:
        problem: has the layout and the feasible sets.
        method: what the message calls the method.

    Raises:
        NotApplicable: for rows without responses, and for feasible sets that fix them.
    """
    layout, rows = problem.layout, problem.initial
    if layout.num_responses == 0:
        raise NotApplicable(f"layout: num_responses = 0; {method} learns responses, at least 1")
    inputs, labels = layout.inputs(rows), layout.responses(rows)
    ends = torch.zeros_like(labels), torch.zeros_like(labels)
    ends[0][..., 0], ends[1][..., -1] = 1.0, 1.0 if layout.categorical else -1.0
    kept = [layout.responses(problem.feasible(torch.cat([inputs, end], -1))) for end in ends]
    if kept[0].equal(kept[1]):
        raise NotApplicable(
            f"feasible: keeps all responses; {method} learns them, so free them, in a task by "
            "fixed_labels = False"
        )
