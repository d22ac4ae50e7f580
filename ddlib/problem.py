r"""The dataset distillation problem: learner, criterion, budget, and what a method makes of them.

Optimal distillation is $\min_{S\in\mathcal S_m} F(S)$ with
$F(S)=\mathbb E_\xi\,\mathcal R_Q(\mathcal A(S,\xi))$. Nobody can evaluate $F$ while distilling, so
a `DistillationProblem` holds a *working* objective $\hat F$ that is built from training rows, and
a distiller walks down it. The split that a criterion looks at is part of its type: `distill`
takes training and validation criteria and has no place for a test criterion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Generator, Tensor


class Learner(Protocol):
    r"""A learner $\mathcal A(S,\xi)\to\theta$: from synthetic rows `(m, …)` to a model.

    One that has a true attribute `batched` also learns from a batch of sets `(B, m, …)`, into a
    batch of models of which a criterion returns `(B,)` values.
    """

    def __call__(self, rows: Tensor, *, generator: Generator | None = None) -> Any:
        r"""Learn a model from `rows`; a stochastic learner draws its $\xi$ from `generator`."""
        ...


class Distiller(Protocol):
    """A method of distillation: a stream of synthetic sets, each one step after the last."""

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Yield the rows after each step; a method that is done at once yields once."""
        ...


@dataclass(frozen=True)
class _Criterion:
    r"""A task criterion $\theta\mapsto\mathcal R(\theta)$, a scalar; lower is better."""

    score: Callable[[Any], Tensor]

    def __call__(self, model: Any) -> Tensor:
        """Return the criterion's value; `ValueError` unless it is one number."""
        return self._checked(model, ())

    def batch(self, models: Any, count: int) -> Tensor:
        """Return the values `(count,)` of a batch of models; `ValueError` for another shape."""
        return self._checked(models, (count,))

    def _checked(self, model: Any, shape: tuple[int, ...]) -> Tensor:
        value = self.score(model)
        if value.shape != shape:
            raise ValueError(
                f"criterion: returned shape {tuple(value.shape)}; must return one number a model, "
                f"shape {shape}"
            )
        return value


class TrainingCriterion(_Criterion):
    """A working criterion, computed from training rows: what a distiller may descend."""


class ValidationCriterion(_Criterion):
    """A criterion on validation rows: what chooses among steps, step sizes and penalties."""


class TestCriterion(_Criterion):
    """A criterion on test rows or on the law itself: what is reported, and chooses nothing."""

    __test__ = False  # the name is the field's; pytest is not to collect it


@dataclass(frozen=True)
class Part:
    """A block of synthetic rows and the criterion that judges a change of it."""

    rows: slice
    criterion: TrainingCriterion


@dataclass(frozen=True)
class DistillationProblem:
    r"""A learner, a working criterion and an initial synthetic set, whose length is the budget.

    `initial` has shape `(m, …)`. Where the training data come from several sources, `parts`
    divides the rows, each block with a criterion of its own (case study 1 leaves the block's
    own source out); without `parts` there is one block, judged by `criterion`.

    Raises `TypeError` for a criterion of another split, `ValueError` for an empty or
    non-finite initial set.
    """

    learner: Learner
    criterion: TrainingCriterion
    initial: Tensor
    parts: tuple[Part, ...] = ()

    def __post_init__(self) -> None:
        """Check the split of every criterion and the initial set."""
        for criterion in (self.criterion, *(part.criterion for part in self.parts)):
            _check_split(criterion, TrainingCriterion, "criterion")
        if self.initial.ndim < 2 or len(self.initial) == 0:
            raise ValueError(
                f"initial: shape {tuple(self.initial.shape)}; must be (m, …) with m at least 1"
            )
        if not self.initial.isfinite().all():
            raise ValueError("initial: has NaN or infinite entries; fill hidden entries first")

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
    """The snapshots of one run, the initial set first, and the chosen one."""

    snapshots: tuple[Snapshot, ...]

    @property
    def chosen(self) -> Snapshot:
        """The snapshot with the lowest validation value; the last one without validation."""
        if self.snapshots[-1].validation is None:
            return self.snapshots[-1]
        return min(self.snapshots, key=lambda snapshot: snapshot.validation)

    @property
    def rows(self) -> Tensor:
        """The rows of the chosen snapshot, `(m, …)`."""
        return self.chosen.rows


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
    also chooses the result. Raises `ValueError` for impossible counts, `TypeError` for a
    criterion that is not one of validation rows.
    """
    if num_steps < 0 or every < 1:
        raise ValueError(
            f"num_steps = {num_steps}, every = {every}: must be at least 0 and at least 1"
        )
    if validation is not None:
        _check_split(validation, ValidationCriterion, "validation")

    def snapshot(step: int, rows: Tensor) -> Snapshot:
        rows = rows.detach().clone()
        if validation is None:
            return Snapshot(step, rows, None)
        with torch.no_grad():
            model = problem.learner(rows, generator=generator)
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
    return Distillation(tuple(snapshots))


def evaluate(
    learner: Learner,
    rows: Tensor,
    criterion: TestCriterion,
    *,
    generator: Generator | None = None,
    num_draws: int = 1,
) -> float:
    r"""Return $F(S)=\mathbb E_\xi\,\mathcal R_Q(\mathcal A(S,\xi))$, over `num_draws` draws."""
    _check_split(criterion, TestCriterion, "criterion")
    with torch.no_grad():
        values = [criterion(learner(rows, generator=generator)) for _ in range(num_draws)]
    return torch.stack(values).mean().item()


def gap_closed(value: float, *, subset: float, clean: float) -> float:
    r"""Return $\gamma=(F_{sub}-F(S))/(F_{sub}-F_{clean})$ for values that are better when lower.

    0 is as good as a random clean subset of the same size, 1 as all clean rows, above 1
    better. Raises `ValueError` when the subset is as good as all clean rows: there is no gap.
    """
    if subset == clean:
        raise ValueError(f"subset = clean = {clean}: no gap to close; compare the values instead")
    return (subset - value) / (subset - clean)


def _check_split(criterion: Any, split: type[_Criterion], name: str) -> None:
    """Raise `TypeError` unless `criterion` belongs to `split`."""
    if not isinstance(criterion, split):
        raise TypeError(f"{name}: is a {type(criterion).__name__}; must be a {split.__name__}")
