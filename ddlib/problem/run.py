"""A run of a distiller under way: its steps, its looks, and what it leaves when it ends."""

# torch has no types for the errors of its linear algebra.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import warnings
from collections import abc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from math import nan

import torch
from torch import Generator, Tensor
from tqdm import tqdm

from ddlib.problem.checks import check_looks, check_resume, check_set, check_settings, settings_of
from ddlib.problem.cost import Meter
from ddlib.problem.criteria import ValidationCriterion
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

Callback = Callable[[Snapshot], None]
"""Is called with each new snapshot."""


class Run:
    """What `distill` drives: `take_up` where it resumes a run, then `complete`.

    Attributes:
        problem: as `distill` takes it.
        distiller: as there.
        generator: as there.
        validation: as there.
        callback: as there.
        num_steps: as there.
        every: as there.
        method: name of the distiller's class.
        snapshots: those so far.
        meter: counts what they cost.
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
        num_steps: int,
        every: int,
    ) -> None:
        """Stand before the first step.

        Args:
            problem: as `distill` takes it.
            distiller: as there.
            generator: as there.
            validation: as there.
            callback: as there.
            num_steps: as there.
            every: as there.

        Raises:
            ValueError: for impossible counts.
            TypeError: for no method or generator, and a criterion that is not one of validation
                rows.
        """
        check_settings(num_steps, every, distiller, generator, validation)
        self.problem, self.distiller, self.generator = problem, distiller, generator
        self.validation, self.callback = validation, callback
        self.num_steps, self.every = num_steps, every
        self.method = type(distiller).__name__
        self.snapshots: list[Snapshot] = []
        self.meter = Meter()
        self.step, self.rows = 0, problem.initial
        self.where = f"{self.method}, step 1"
        start = generator.get_state()
        self.checkpoint = Checkpoint(settings_of(distiller), 0, start, start, None)

    def take_up(self, resume: Distillation) -> None:
        """Go to where `resume` stood, with the snapshots of a run without a break.

        Args:
            resume: as `distill` takes it.

        Raises:
            ValueError: for another run's, and one whose method gives no state.
        """
        checkpoint = check_resume(resume, self.distiller, self.problem, self.num_steps)
        known = [snapshot for snapshot in resume.snapshots if snapshot.step <= checkpoint.step]
        self.checkpoint = checkpoint
        check_looks(known, self.every, checkpoint.step, self._judge(self.rows))
        self.step, self.rows = checkpoint.step, known[-1].rows
        self.meter = Meter(known[-1].cost)
        self.snapshots = [snapshot for snapshot in known if snapshot.step % self.every == 0]
        self.generator.set_state(checkpoint.generator)

    def complete(self, *, progress: bool, interruptible: bool) -> Distillation:
        """Return the run after its steps up to `num_steps`, fewer where the method ends.

        Args:
            progress: as `distill` takes it.
            interruptible: as there.

        Raises:
            ValueError: for a set of another shape or not feasible.
            DivergedRun: where the descent diverges.
            InterruptedRun: for an interrupt unless `interruptible`.
        """
        try:
            self._advance(progress)
        except KeyboardInterrupt as interrupt:
            self._save_last()
            message = f"{self.method}: interrupted after step {self.step} of {self.num_steps}"
            if not interruptible:
                # So that nobody takes a part of a run for the whole.
                raise InterruptedRun(message, self._so_far("interrupted")) from interrupt
            warnings.warn(message, stacklevel=3)
            return self._so_far("interrupted")
        return self._so_far("finished")

    def _advance(self, progress: bool) -> None:
        """Take the steps, with a snapshot where one is due and of the last set."""
        if not self.snapshots:
            self._look()
        done = self.step == self.num_steps or (self.step > 0 and self.distiller.one_shot)
        steps = iter(()) if done else self._steps_to_come()
        due = range(self.step + 1, self.num_steps + 1)
        with tqdm(
            total=self.num_steps, initial=self.step, desc=self.method, disable=not progress
        ) as bar:
            for step in due:
                with self._descending():
                    rows = next(steps, None)
                    if rows is None:
                        break
                    check_set(rows, self.problem, self.where)
                self.step, self.rows = step, rows
                bar.update()
                if step % self.every == 0:
                    self._look(steps)
                self.where = f"{self.method}, step {step + 1}"
        if self.snapshots[-1].step != self.step:
            self._look(steps)

    @contextmanager
    def _descending(self) -> abc.Generator[None]:
        """Count what is spent, and raise `DivergedRun` where numbers of it are not finite."""
        try:
            with self.meter.counting():
                yield
        except (FloatingPointError, torch.linalg.LinAlgError) as error:  # pyright: ignore[reportPrivateImportUsage]
            # Rows that run away, or together, leave a learner that solves equations a singular
            # matrix.
            raise DivergedRun(f"{self.where}: {error}", self._so_far("diverged")) from error

    def _look(self, steps: Iterator[Tensor] | None = None) -> None:
        """Take a snapshot, and a checkpoint of `steps` where these are between two steps."""
        self.where = f"{self.method}, validation after step {self.step}"
        rows = self.rows.detach().clone()
        with self._descending():
            value = self._judge(rows.clone())
        snapshot = Snapshot(self.step, rows, value, self.meter.cost)
        self.snapshots.append(snapshot)
        if steps is not None:
            self._keep(steps)
        if self.callback is not None:
            state = self.generator.get_state()
            self.callback(replace(snapshot, rows=rows.clone()))
            self.generator.set_state(state)

    def _save_last(self) -> None:
        """Take a snapshot of the last set unless there is one; no callback is called."""
        if self.snapshots and self.snapshots[-1].step == self.step:
            return
        rows = self.rows.detach().clone()
        try:
            with self.meter.counting():
                value = self._judge(rows.clone())
        except KeyboardInterrupt:
            value = nan  # who interrupts twice does not wait for it: the set is not chosen
        self.snapshots.append(Snapshot(self.step, rows, value, self.meter.cost))

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
