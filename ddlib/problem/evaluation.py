r"""What a synthetic set is worth: $F(S)$ on the law or on test rows, and the gap that it closes."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Generator, Tensor

from ddlib.arguments import count_faults, raise_faults
from ddlib.problem.criteria import TestCriterion, check_split
from ddlib.problem.learner import Learner


def evaluate(
    learner: Learner,
    rows: Tensor,
    criterion: TestCriterion,
    *,
    generator: Generator | None = None,
    num_draws: int = 1,
) -> float:
    r"""Return $F(S)=\mathbb E_\xi\,\mathcal R_Q(\mathcal A(S,\xi))$, the mean over draws.

    Args:
        learner: $\mathcal A$.
        rows: synthetic rows `(m, …)`.
        criterion: $\mathcal R_Q$, on the law or on test rows.
        generator: draws $\xi$; may be left out for a learner that draws nothing.
        num_draws: number of draws of $\xi$.

    Raises:
        ValueError: for less than one draw.
        TypeError: for a criterion of another split, and without a generator for a learner that
            draws.
    """
    criteria = {"criterion": criterion}
    return evaluate_all(learner, rows, criteria, generator=generator, num_draws=num_draws)[
        "criterion"
    ]


def evaluate_all(
    learner: Learner,
    rows: Tensor,
    criteria: Mapping[str, TestCriterion],
    *,
    generator: Generator | None = None,
    num_draws: int = 1,
) -> dict[str, float]:
    """Return $F(S)$ for each of several criteria, by name; the learner learns once a draw.

    Args:
        learner: as in `evaluate`.
        rows: as in `evaluate`.
        criteria: name -> criterion.
        generator: as in `evaluate`.
        num_draws: as in `evaluate`.

    Raises:
        ValueError: as `evaluate` does.
        TypeError: likewise.
    """
    raise_faults(count_faults("num_draws", num_draws, 1))
    for name, criterion in criteria.items():
        check_split(criterion, TestCriterion, name)
    # Left out, not None: a learner that needs it is to say so.
    drawn = {} if generator is None else {"generator": generator}
    with torch.no_grad():
        models = [learner(rows, **drawn) for _ in range(num_draws)]
        return {
            name: torch.stack([criterion(model) for model in models]).mean().item()
            for name, criterion in criteria.items()
        }


def gap_closed(value: float, *, subset: float, clean: float) -> float:
    r"""Return $\gamma=(F_{sub}-F(S))/(F_{sub}-F_{clean})$ for values that are better when lower.

    0 is as good as a random clean subset of the same size, 1 as all clean rows, above 1 better.

    Args:
        value: $F(S)$ of the set.
        subset: $F$ of a random clean subset.
        clean: $F$ of all clean rows.

    Raises:
        ValueError: when the subset is as good as all clean rows: there is no gap.
    """
    if subset == clean:
        raise ValueError(
            f"subset = {subset}: must be other than clean = {clean}, as there is no gap to close; "
            "compare the values instead"
        )
    return (subset - value) / (subset - clean)
