r"""What a synthetic set is worth: $F(S)$ on the law or on test rows, and the gap that it closes."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

import torch
from torch import Generator, Tensor

from ddlib.arguments import count_faults, fault, function_faults, is_number, raise_faults
from ddlib.problem.criteria import TestCriterion, split_faults
from ddlib.problem.learner import Learner
from ddlib.problem.rows import Layout, check_rows


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
        learner: $\mathcal A$; for the rows of a run, `run.learner` of it.
        rows: synthetic rows `(m, …)`.
        criterion: $\mathcal R_Q$, on the law or on test rows.
        generator: draws $\xi$; may be left out for a learner that draws nothing.
        num_draws: number of draws of $\xi$.

    Raises:
        ValueError: for less than one draw, and for rows that are no finite tensor of
            floating-point numbers.
        TypeError: for a learner that is no function, a criterion of another split, and without a
            generator for a learner that draws.
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
    """Return $F(S)$ for each of several criteria, by name; the learner learns once per draw.

    Args:
        learner: as in `evaluate`.
        rows: as in `evaluate`.
        criteria: name -> criterion, at least one.
        generator: as in `evaluate`.
        num_draws: as in `evaluate`.

    Raises:
        ValueError: as `evaluate` does, and without a criterion.
        TypeError: likewise.
    """
    kinds = function_faults("learner", learner, "a learner, a function of rows")
    kinds += _criteria_faults(criteria)
    if generator is not None and not isinstance(generator, Generator):  # pyright: ignore[reportUnnecessaryIsInstance]
        kinds.append(fault("generator", generator, "a torch.Generator, or None"))
    faults = count_faults("num_draws", num_draws, 1)
    raise_faults(faults, kinds)
    if not criteria:
        raise ValueError("criteria: empty; must have at least one")
    check_rows("rows", rows, Layout())
    # Left out, not None: a learner that needs it is to say so.
    drawn = {} if generator is None else {"generator": generator}
    with torch.no_grad():
        models = [learner(rows, **drawn) for _ in range(num_draws)]
        return {
            name: torch.stack([criterion(model) for model in models]).mean().item()
            for name, criterion in criteria.items()
        }


def _criteria_faults(criteria: Mapping[str, object]) -> list[str]:
    """Return what is wrong with criteria by name."""
    if not isinstance(criteria, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        return [fault("criteria", criteria, "a mapping from names to criteria")]
    return [
        line
        for name, criterion in criteria.items()
        for line in split_faults(criterion, TestCriterion, f"{name}")
    ]


def gap_closed(value: float, *, subset: float, clean: float) -> float:
    r"""Return $\gamma=(F_{sub}-F(S))/(F_{sub}-F_{clean})$ for values that are better when lower.

    0 is as good as a random clean subset of the same size, 1 as all clean rows, above 1 better.

    Args:
        value: $F(S)$ of the set.
        subset: $F$ of a random clean subset.
        clean: $F$ of all clean rows.

    Raises:
        ValueError: for values that are no finite numbers, and when the subset is as good as all
            clean rows: there is no gap.
    """
    values = {"value": value, "subset": subset, "clean": clean}
    raise_faults(
        [
            fault(name, each, "a finite number")
            for name, each in values.items()
            if not (is_number(each) and isfinite(each))
        ]
    )
    if subset == clean:
        raise ValueError(
            f"subset = {subset}: must be other than clean = {clean}, as there is no gap to close; "
            "compare the values instead"
        )
    return (subset - value) / (subset - clean)
