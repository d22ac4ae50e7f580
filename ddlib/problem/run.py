"""A run of a distiller under way: its steps, its looks, and what it leaves when it ends."""

# torch has no types for the errors of its linear algebra.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any

import torch
from torch import Generator, Tensor
from tqdm import tqdm

from ddlib.problem.criteria import ValidationCriterion, check_split
from ddlib.problem.problem import DistillationProblem, Distiller, Resumable
from ddlib.problem.snapshots import (
    Checkpoint,
    Distillation,
    DivergedRun,
    Ended,
    InterruptedRun,
    Snapshot,
)
from ddlib.streams import spawn

ROUNDING = 100  # rounding units of the largest entry, by which a projection may move its own result

Callback = Callable[[Snapshot], None]
"""Is called with each new snapshot."""


class Run:
    """What `distill` drives: `begin`, then `complete`.

    Attributes:
        problem: as `distill` takes it.
        distiller: as there.
        generator: as there.
        validation: as there.
        callback: as there.
        method: name of the distiller's class.
        snapshots: those so far.
        step: number of steps taken.
        rows: the set after these, `(m, …)`.
        where: what is under way, for the message of an error.
        checkpoint: where the run can be resumed.
    """

    def __init__(
        self,
        problem: DistillationProblem,
        distiller: Distiller,
        generator: Generator,
        validation: ValidationCriterion | None,
        callback: Callback | None,
    ) -> None:
        """Stand before the first step.

        Args:
            problem: as `distill` takes it.
            distiller: as there.
            generator: as there.
            validation: as there.
            callback: as there.
        """
        self.problem, self.distiller, self.generator = problem, distiller, generator
        self.validation, self.callback = validation, callback
        self.method = type(distiller).__name__
        self.snapshots: list[Snapshot] = []
        self.step, self.rows = 0, problem.initial
        self.where = f"{self.method}, step 1"
        start = generator.get_state()
        self.checkpoint = Checkpoint(self.method, 0, start, start, None)

    def begin(self, resume: Distillation | None, num_steps: int, every: int) -> None:
        """Look at the initial set, or go to where `resume` stood.

        There the snapshots are those of a run without a break.

        Args:
            resume: as `distill` takes it.
            num_steps: steps of the whole run.
            every: steps between two snapshots.

        Raises:
            ValueError: for impossible counts, and a `resume` that is another run's or whose method
                gives no state.
            TypeError: for a criterion that is not one of validation rows.
        """
        _check_settings(num_steps, every, self.validation)
        if resume is None:
            self._look()
            return
        self.checkpoint = self._checked(resume)
        self.step = self.checkpoint.step
        if num_steps < self.step:
            raise ValueError(
                f"num_steps = {num_steps}: must be at least the {self.step} steps of resume"
            )
        known = [snapshot for snapshot in resume.snapshots if snapshot.step <= self.step]
        self.rows = known[-1].rows
        self.snapshots = [snapshot for snapshot in known if snapshot.step % every == 0]
        self.generator.set_state(self.checkpoint.generator)

    def complete(
        self, num_steps: int, every: int, *, progress: bool, interruptible: bool
    ) -> Distillation:
        """Return the run after its steps up to `num_steps`, fewer where the method ends.

        Args:
            num_steps: steps of the whole run.
            every: steps between two snapshots.
            progress: as `distill` takes it.
            interruptible: as there.

        Raises:
            ValueError: for a set of another shape or not feasible.
            DivergedRun: where the descent diverges.
            InterruptedRun: for an interrupt unless `interruptible`.
        """
        try:
            self._advance(num_steps, every, progress)
        except (FloatingPointError, torch.linalg.LinAlgError) as error:  # pyright: ignore[reportPrivateImportUsage]
            # Rows that run away, or together, leave a learner that solves equations a singular
            # matrix.
            raise DivergedRun(f"{self.where}: {error}", self._so_far("diverged")) from error
        except KeyboardInterrupt as interrupt:
            self._look_at_last()
            message = f"{self.method}: interrupted after step {self.step} of {num_steps}"
            if not interruptible:
                # So that nobody takes a part of a run for the whole.
                raise InterruptedRun(message, self._so_far("interrupted")) from interrupt
            warnings.warn(message, stacklevel=3)
            return self._so_far("interrupted")
        return self._so_far("finished")

    def _advance(self, num_steps: int, every: int, progress: bool) -> None:
        """Take the steps, with a snapshot where one is due and of the last set."""
        done = self.step == num_steps or (self.step > 0 and self.distiller.one_shot)
        steps = iter(()) if done else self._steps_to_come()
        due = range(self.step + 1, num_steps + 1)
        with tqdm(
            total=num_steps, initial=self.step, desc=self.method, disable=not progress
        ) as bar:
            for step, rows in zip(due, steps, strict=False):
                _check_set(rows, self.problem, self.where)
                self.step, self.rows = step, rows
                bar.update()
                if step % every == 0:
                    self._look(steps)
                self.where = f"{self.method}, step {step + 1}"
        self._look_at_last(steps)

    def _look(self, steps: Iterator[Tensor] | None = None) -> None:
        """Take a snapshot, and a checkpoint of `steps` where these are between two steps."""
        self.where = f"{self.method}, validation after step {self.step}"
        rows = self.rows.detach().clone()
        snapshot = Snapshot(self.step, rows, self._judge(rows))
        self.snapshots.append(snapshot)
        if steps is not None:
            self._keep(steps)
        if self.callback is not None:
            state = self.generator.get_state()
            self.callback(replace(snapshot, rows=rows.clone()))
            self.generator.set_state(state)

    def _look_at_last(self, steps: Iterator[Tensor] | None = None) -> None:
        """Take a snapshot of the last set unless there is one."""
        if not self.snapshots or self.snapshots[-1].step != self.step:
            self._look(steps)

    def _so_far(self, ended: Ended) -> Distillation:
        """Return what there is."""
        return Distillation(tuple(self.snapshots), self.distiller.one_shot, ended, self.checkpoint)

    def _judge(self, rows: Tensor) -> float | None:
        """Return the value of `rows` on validation rows."""
        if self.validation is None:
            return None
        looks = spawn(Generator().set_state(self.checkpoint.start), "validation")
        with torch.no_grad():
            return self.validation(self.problem.learner(rows, generator=looks)).item()

    def _steps_to_come(self) -> Iterator[Tensor]:
        """Return the method's steps, those after the checkpoint where there is one."""
        self.generator.set_state(self.checkpoint.start)
        steps = self.distiller.steps(self.problem, generator=self.generator)
        if isinstance(steps, Resumable) and self.checkpoint.state is not None:
            steps.load_state_dict(deepcopy(self.checkpoint.state))
        if self.step > 0:
            self.generator.set_state(self.checkpoint.generator)
        return steps

    def _keep(self, steps: Iterator[Tensor]) -> None:
        """Keep all that the next step depends on."""
        self.checkpoint = replace(
            self.checkpoint,
            step=self.step,
            generator=self.generator.get_state(),
            state=deepcopy(steps.state_dict()) if isinstance(steps, Resumable) else None,
        )

    def _checked(self, resume: Distillation) -> Checkpoint:
        """Return the checkpoint of `resume`; `ValueError` unless this run can go on from it."""
        checkpoint = resume.checkpoint
        if checkpoint is None:
            raise ValueError("resume: checkpoint = None; must be a run that distill returned")
        if checkpoint.method != self.method:
            raise ValueError(f"resume: a run of {checkpoint.method}; must be of {self.method}")
        if checkpoint.step > 0 and checkpoint.state is None and not self.distiller.one_shot:
            raise ValueError(
                f"resume: {self.method} gives no state; must be a method whose steps are Resumable"
            )
        start = resume.snapshots[0]
        if not start.rows.equal(self.problem.initial):
            raise ValueError("resume: starts from other rows; must start from problem.initial")
        if (start.validation is None) != (self.validation is None):
            raise ValueError("validation: must be given, or not, as in the run that is resumed")
        return checkpoint


def _check_settings(num_steps: int, every: int, validation: ValidationCriterion | None) -> None:
    """Raise for impossible counts, and for a criterion of another split."""
    if num_steps < 0 or every < 1:
        raise ValueError(
            f"num_steps = {num_steps}, every = {every}: must be at least 0 and at least 1"
        )
    if validation is not None:
        check_split(validation, ValidationCriterion, "validation")


def _check_set(rows: Any, problem: DistillationProblem, where: str) -> None:
    """Raise unless what a method yields is a finite, feasible set of the problem's shape."""
    if not isinstance(rows, Tensor):
        raise ValueError(f"{where}: rows are a {type(rows).__name__}; must be a Tensor")
    shape, wanted = tuple(rows.shape), tuple(problem.initial.shape)
    if shape != wanted:
        raise ValueError(f"{where}: rows: shape {shape}; must be {wanted}, as problem.initial")
    if not rows.isfinite().all():
        raise FloatingPointError("rows: not finite; take a smaller step size")
    with torch.no_grad():
        moved = problem.feasible(rows.detach().clone())
        rounding = ROUNDING * torch.finfo(rows.dtype).eps * rows.abs().max()
        if moved.shape != rows.shape or not ((moved - rows).abs() <= rounding).all():
            raise ValueError(f"{where}: rows are not feasible; must be what problem.feasible keeps")
