"""Methods that select: real rows, as many of each class as the initial set has."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from ddlib.distillers.needs import training_rows
from ddlib.problem import DistillationProblem


def select(
    problem: DistillationProblem, method: str, choose: Callable[[Tensor, int], Tensor]
) -> Tensor:
    """Return training rows `(m, …)`, in each class those that `choose` picks.

    Args:
        problem: has the training rows, and initial rows with the classes that are wanted.
        method: what the message calls the method.
        choose: maps the standardised features `(n, d)` of a class and a count to that many
            indices.

    Raises:
        NotApplicable: for a problem without training rows.
    """
    real, layout = training_rows(problem, method), problem.layout
    features = layout.features(real)
    features = layout.standardiser(real)(features)
    rows = problem.initial.clone()
    for theirs, ours in zip(layout.groups(real), layout.groups(problem.initial), strict=True):
        rows[ours] = real[theirs[choose(features[theirs], len(ours))]]
    return rows
