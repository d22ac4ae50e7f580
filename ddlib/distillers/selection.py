"""Rows of each class on its own, as many as the initial set has: real ones, or made from these."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from ddlib.distillers.needs import training_rows
from ddlib.problem import DistillationProblem, NotApplicable


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
        NotApplicable: for a problem without training rows, or with fewer of a class than wanted.
    """
    return per_class(problem, method, lambda rows, features, count: rows[choose(features, count)])


def per_class(
    problem: DistillationProblem, method: str, make: Callable[[Tensor, Tensor, int], Tensor]
) -> Tensor:
    """Return rows `(m, …)`, in each class those that `make` returns.

    Args:
        problem: as in `select`.
        method: as in `select`.
        make: maps the training rows `(n, …)` of a class, their standardised features `(n, d)` and
            a count to that many rows.

    Raises:
        NotApplicable: as in `select`.
    """
    real, layout = training_rows(problem, method), problem.layout
    features = layout.features(real)
    features = layout.standardiser(real)(features)
    rows = problem.initial.clone()
    pairs = zip(layout.groups(real), layout.groups(problem.initial), strict=True)
    for c, (theirs, ours) in enumerate(pairs):
        if len(ours) > len(theirs):
            raise NotApplicable(
                f"initial: {len(ours)} rows of class {c}; {method} needs as many training rows, "
                f"and has {len(theirs)}"
            )
        if len(ours):  # a set may have fewer rows than there are classes
            rows[ours] = make(real[theirs], features[theirs], len(ours))
    return rows
