r"""The dataset distillation problem: learner, criterion, budget, and what a method makes of them.

Optimal distillation is $\min_{S\in\mathcal S_m} F(S)$ with
$F(S)=\mathbb E_\xi\,\mathcal R_Q(\mathcal A(S,\xi))$. Nobody can evaluate $F$ while distilling, so
a `DistillationProblem` holds a *working* objective $\hat F$ that is built from training rows, and
a distiller walks down it. The split that a criterion looks at is part of its type: `distill`
takes training and validation criteria and has no place for a test criterion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import isnan
from typing import Any, ClassVar, Protocol

import torch
from torch import Generator, Tensor

from ddlib.criterion import (
    TestCriterion,
    TrainingCriterion,
    ValidationCriterion,
    check_split,
)
from ddlib.layout import Layout, check_rows
from ddlib.streams import spawn


class Learner(Protocol):
    r"""A learner $\mathcal A(S,\xi)\to\theta$: from synthetic rows `(m, …)` to a model.

    One that has a true attribute `batched` also learns from a batch of sets `(B, m, …)`, into a
    batch of models of which a criterion returns `(B,)` values.
    """

    def __call__(self, rows: Tensor, *, generator: Generator | None = None) -> Any:
        r"""Learn a model from `rows`; a stochastic learner draws its $\xi$ from `generator`."""
        ...


class NotApplicable(ValueError):
    """A method does not apply to a problem; the message says what the problem lacks."""


class Distiller(Protocol):
    """A method of distillation: a stream of synthetic sets, each one step after the last.

    `departs` names what the method replaces in the formal problem, of "criterion", "learner" and
    "law"; every method that sees training rows only departs from the law. One that is `one_shot`
    finds its rows at once, whatever rows it starts from.
    """

    departs: ClassVar[tuple[str, ...]]
    one_shot: ClassVar[bool]

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Yield the rows after each step, each a tensor of its own that is not changed later.

        A one-shot method yields once.
        """
        ...


@dataclass(frozen=True)
class Part:
    """A block of synthetic rows and the criterion that judges a change of it."""

    rows: slice
    criterion: TrainingCriterion


def any_rows(rows: Tensor) -> Tensor:
    """Return `rows`: every set of the budget's length is feasible."""
    return rows


@dataclass(frozen=True)
class DistillationProblem:
    r"""A learner, a working criterion and an initial synthetic set, whose length is the budget.

    `initial` has shape `(m, …)`. Where the training data come from several sources, `parts`
    divides the rows, each block with a criterion of its own (case study 1 leaves the block's
    own source out); without `parts` there is one block, judged by `criterion`. Only zeroth-order
    descent goes by parts.

    Methods that select or match rows look at `training` `(n, …)`, whose columns `layout` tells
    apart. `feasible` projects rows `(m, …)` onto $\mathcal S_m$; it keeps labels fixed, say.

    Raises `TypeError` for a criterion of another split, `ValueError` for an empty or
    non-finite set and for a class without a training row.
    """

    learner: Learner
    criterion: TrainingCriterion
    initial: Tensor
    parts: tuple[Part, ...] = ()
    training: Tensor | None = None
    layout: Layout = Layout()
    feasible: Callable[[Tensor], Tensor] = any_rows

    def __post_init__(self) -> None:
        """Check the split of every criterion and the initial set."""
        for criterion in (self.criterion, *(part.criterion for part in self.parts)):
            check_split(criterion, TrainingCriterion, "criterion")
        if self.initial.ndim < 2 or len(self.initial) == 0:
            raise ValueError(
                f"initial: shape {tuple(self.initial.shape)}; must be (m, …) with m at least 1"
            )
        check_rows("initial", self.initial, self.layout)
        if self.training is not None:
            check_rows("training", self.training, self.layout)
            if len(self.initial) > len(self.training):
                raise ValueError(
                    f"initial: {len(self.initial)} rows; must be at most the training rows, "
                    f"{len(self.training)}"
                )

    @property
    def blocks(self) -> tuple[Part, ...]:
        """The parts, or all rows as one part."""
        return self.parts or (Part(slice(0, len(self.initial)), self.criterion),)

    def objective(self, rows: Tensor, *, generator: Generator | None = None) -> Tensor:
        r"""Return $\hat F(S)$ for one draw of the learner's randomness, a scalar."""
        return self.criterion(self.learner(rows, generator=generator))


def objective_values(
    learner: Learner, criterion: TrainingCriterion, sets: Tensor, *, generator: Generator
) -> Tensor:
    r"""Return $\hat F$ of each of B synthetic sets `(B, m, …)`, as `(B,)`.

    Each is learnt with the same draw of the learner's randomness (common random numbers), so that
    a difference of two values is due to the rows; `generator` moves on by one such draw.
    """
    if getattr(learner, "batched", False):
        return criterion.batch(learner(sets, generator=generator), len(sets))
    state, values = generator.get_state(), []
    for rows in sets:
        generator.set_state(state)
        values.append(criterion(learner(rows, generator=generator)))
    return torch.stack(values)


@dataclass(frozen=True)
class Snapshot:
    """A synthetic set on the way: the step, its rows, its validation value (None without one)."""

    step: int
    rows: Tensor
    validation: float | None


@dataclass(frozen=True)
class Distillation:
    """The snapshots of one run, the initial set first, and the chosen one.

    `one_shot` as the distiller's: then the initial set is not the method's, and is not chosen.
    """

    snapshots: tuple[Snapshot, ...]
    one_shot: bool = False

    @property
    def chosen(self) -> Snapshot:
        """The snapshot with the lowest validation value; the last one without validation.

        A value that is NaN is never the lowest. Raises `FloatingPointError` where all are NaN.
        """
        own = self.snapshots[1:] if self.one_shot and len(self.snapshots) > 1 else self.snapshots
        if own[-1].validation is None:
            return own[-1]
        numbers = [snapshot for snapshot in own if not isnan(snapshot.validation)]
        if not numbers:
            raise FloatingPointError(f"validation: NaN at all of {len(own)} snapshots")
        return min(numbers, key=lambda snapshot: snapshot.validation)

    @property
    def rows(self) -> Tensor:
        """The rows of the chosen snapshot, `(m, …)`."""
        return self.chosen.rows


def spacing(num_steps: int, num_looks: int) -> int:
    """Return the steps between two snapshots so that a run has about `num_looks`."""
    return max(1, num_steps // num_looks)


def distill(
    problem: DistillationProblem,
    distiller: Distiller,
    *,
    num_steps: int,
    generator: Generator,
    validation: ValidationCriterion | None = None,
    every: int = 1,
) -> Distillation:
    """Run `distiller` on `problem` for at most `num_steps` steps.

    Every `every` steps, and at both ends, a snapshot is taken and judged by `validation`, which
    also chooses the result. All snapshots are judged with the same draw of the learner's
    randomness, from a stream of its own: to observe a run does not change its rows. Raises
    `ValueError` for impossible counts, `TypeError` for a criterion that is not one of validation
    rows.
    """
    if num_steps < 0 or every < 1:
        raise ValueError(
            f"num_steps = {num_steps}, every = {every}: must be at least 0 and at least 1"
        )
    if validation is not None:
        check_split(validation, ValidationCriterion, "validation")

    looks = spawn(generator, "validation").get_state()

    def snapshot(step: int, rows: Tensor) -> Snapshot:
        rows = rows.detach().clone()
        if validation is None:
            return Snapshot(step, rows, None)
        with torch.no_grad():
            model = problem.learner(rows, generator=Generator().set_state(looks))
            return Snapshot(step, rows, validation(model).item())

    snapshots = [snapshot(0, problem.initial)]
    step, rows = 0, problem.initial
    for step, rows in zip(
        range(1, num_steps + 1), distiller.steps(problem, generator=generator), strict=False
    ):
        if step % every == 0:
            snapshots.append(snapshot(step, rows))
    if snapshots[-1].step != step:
        snapshots.append(snapshot(step, rows))
    return Distillation(tuple(snapshots), distiller.one_shot)


def evaluate(
    learner: Learner,
    rows: Tensor,
    criterion: TestCriterion,
    *,
    generator: Generator | None = None,
    num_draws: int = 1,
) -> float:
    r"""Return $F(S)=\mathbb E_\xi\,\mathcal R_Q(\mathcal A(S,\xi))$, over `num_draws` draws."""
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
    """Return $F(S)$ for each of several criteria, by name; the learner learns once a draw."""
    for name, criterion in criteria.items():
        check_split(criterion, TestCriterion, name)
    with torch.no_grad():
        models = [learner(rows, generator=generator) for _ in range(num_draws)]
        return {
            name: torch.stack([criterion(model) for model in models]).mean().item()
            for name, criterion in criteria.items()
        }


def gap_closed(value: float, *, subset: float, clean: float) -> float:
    r"""Return $\gamma=(F_{sub}-F(S))/(F_{sub}-F_{clean})$ for values that are better when lower.

    0 is as good as a random clean subset of the same size, 1 as all clean rows, above 1
    better. Raises `ValueError` when the subset is as good as all clean rows: there is no gap.
    """
    if subset == clean:
        raise ValueError(f"subset = clean = {clean}: no gap to close; compare the values instead")
    return (subset - value) / (subset - clean)
