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
from typing import Any

import torch
from torch import Generator, Tensor
from tqdm import tqdm

from ddlib.arguments import fault
from ddlib.problem.carried import carried_by, carry
from ddlib.problem.checks import check_set, project
from ddlib.problem.cost import Meter
from ddlib.problem.criteria import ValidationCriterion
from ddlib.problem.problem import DistillationProblem, Distiller, Resumable
from ddlib.problem.resume import check_looks, check_resume, check_unchanged, first_checkpoint
from ddlib.problem.snapshots import Distillation, DivergedRun, Ended, InterruptedRun, Snapshot
from ddlib.streams import spawn

Callback = Callable[[Snapshot], None]
"""Is called with each new snapshot."""

# Rows that run away, or together, leave a learner that solves equations a singular matrix.
DIVERGENCE = (FloatingPointError, torch.linalg.LinAlgError)  # pyright: ignore[reportPrivateImportUsage]
END = object()  # of a method's steps; None is a set that is none


class Run:
    """What `distill` drives, with arguments that it has checked.

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
        rows: the set after these, `(m, …)`, which no method can change.
        carried: settings of the learner that it comes with.
        standing: snapshot of the checkpoint, which is none of `snapshots` where it was not due.
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
        """
        self.problem, self.distiller, self.generator = problem, distiller, generator
        self.validation, self.callback = validation, callback
        self.num_steps, self.every = num_steps, every
        self.method = type(distiller).__name__
        self.snapshots: list[Snapshot] = []
        self.meter = Meter()
        self.step: int = 0
        self.rows: Tensor = problem.initial.detach().clone()
        self.carried: dict[str, float] = {}
        self.standing = Snapshot(0, self.rows, None)
        self.where = f"{self.method}, problem.feasible"
        self.checkpoint = first_checkpoint(problem, distiller, generator)

    def take_up(self, resume: Distillation) -> None:
        """Go to where `resume` stood, with the snapshots of a run without a break.

        Args:
            resume: as `distill` takes it.

        Raises:
            ValueError: for another run's, and one whose method gives no state.
        """
        checkpoint = check_resume(resume, self.checkpoint, self.distiller, self.num_steps)
        known = [snapshot for snapshot in resume.snapshots if snapshot.step <= checkpoint.step]
        self.checkpoint, self.step = checkpoint, checkpoint.step
        interrupted_at_once = self.step == 0 and known[0].validation is None
        if self.validation is None or not interrupted_at_once:  # else the first look is to come
            self.snapshots = [*resume.snapshots]  # what an interrupt of this look leaves
            self.where = f"{self.method}, validation after step 0"
            with self._telling():
                start = self._judge(self.rows.clone())
            check_looks(known, self.every, self.step, start)
            self.rows, self.standing, self.meter = known[-1].rows, known[-1], Meter(known[-1].cost)
            self.carried = dict(self.standing.carried)
            self.snapshots = [snapshot for snapshot in known if snapshot.step % self.every == 0]
        self.generator.set_state(checkpoint.generator)

    def complete(
        self, resume: Distillation | None, *, progress: bool, interruptible: bool
    ) -> Distillation:
        """Return the run after its steps up to `num_steps`, fewer where the method ends.

        Args:
            resume: as `distill` takes it.
            progress: as `distill` takes it.
            interruptible: as there.

        Raises:
            ValueError: as `distill` does.
            DivergedRun: where the descent diverges.
            InterruptedRun: for an interrupt unless `interruptible`.
        """
        try:
            if resume is not None:
                self.take_up(resume)
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
        """Take the steps that are left, after a look at the initial set unless there was one."""
        with self._telling():
            project(self.problem.initial, self.problem)
        if not self.snapshots:
            self._look()
        if self.step < self.num_steps and not (self.step > 0 and self.distiller.one_shot):
            self._take_steps(progress)

    def _take_steps(self, progress: bool) -> None:
        """Take the steps, with a snapshot where one is due and of the last set."""
        due = range(self.step + 1, self.num_steps + 1)
        self.where = f"{self.method}, step {due[0]}"
        steps = self._steps_to_come()
        with tqdm(
            total=self.num_steps, initial=self.step, desc=self.method, disable=not progress
        ) as bar:
            for step in due:
                self.where = f"{self.method}, step {step}"
                with self._telling(), self.meter.counting():
                    rows: Any = next(steps, END)
                    if rows is END:
                        self._check_made()
                        break
                    check_set(rows, self.problem, self.where)
                    carried = carried_by(steps)
                self.step, self.rows, self.carried = step, rows.detach().clone(), carried
                bar.update()
                if step % self.every == 0:
                    self._look(steps)
        if self.standing.step != self.step:
            self._look(steps)

    def _check_made(self) -> None:
        """Raise where a method that is done at once has made nothing: the start is not its set."""
        if self.distiller.one_shot and self.step == 0:
            raise ValueError(f"{self.where}: no set; must yield one, as one_shot = True")

    @contextmanager
    def _telling(self) -> abc.Generator[None]:
        """Raise `DivergedRun` where numbers are not finite."""
        try:
            yield
        except DIVERGENCE as error:
            raise DivergedRun(f"{self.where}: {error}", self._so_far("diverged")) from error

    def _look(self, steps: Iterator[Tensor] | None = None) -> None:
        """Take a snapshot, and a checkpoint of `steps` where these are between two steps."""
        check_unchanged(self.problem, self.checkpoint.problem, self.method)
        self.where = f"{self.method}, validation after step {self.step}"
        with self._telling(), self.meter.counting():
            value = self._judge(self.rows.clone())
        snapshot = Snapshot(self.step, self.rows, value, self.meter.cost, self.carried)
        self.snapshots.append(snapshot)
        if steps is not None:
            self._keep(steps)
        self.standing = snapshot
        if self.callback is not None:
            state = self.generator.get_state()
            self.callback(replace(snapshot, rows=self.rows.clone()))
            self.generator.set_state(state)

    def _save_last(self) -> None:
        """Take a snapshot of the last set unless there is one; no callback is called."""
        if self.snapshots and max(self.snapshots[-1].step, self.standing.step) >= self.step:
            return
        try:
            with self.meter.counting():
                value = self._judge(self.rows.clone())
        except (KeyboardInterrupt, *DIVERGENCE):
            value = None  # who interrupts twice does not wait for it: the set is not chosen
        self.snapshots.append(Snapshot(self.step, self.rows, value, self.meter.cost, self.carried))

    def _so_far(self, ended: Ended) -> Distillation:
        """Return what there is, with the snapshot that a resumed run starts from."""
        snapshots = [*self.snapshots]
        if not snapshots or snapshots[-1].step < self.standing.step:
            snapshots.append(self.standing)
        return Distillation(tuple(snapshots), self.distiller.one_shot, ended, self.checkpoint)

    def _judge(self, rows: Tensor) -> float | None:
        """Return the value of `rows` on validation rows."""
        if self.validation is None:
            return None
        looks = spawn(Generator().set_state(self.checkpoint.start), "validation")
        with torch.no_grad():
            learner = carry(self.problem.learner, self.carried)
            return self.validation(learner(rows, generator=looks)).item()

    def _steps_to_come(self) -> Iterator[Tensor]:
        """Return the method's steps, those after the checkpoint where there is one."""
        self.generator.set_state(self.checkpoint.start)
        with self._telling():
            steps: Any = self.distiller.steps(self.problem, generator=self.generator)
        if not isinstance(steps, Iterator):
            raise TypeError(fault(f"{self.method}.steps()", steps, "an iterator of sets"))
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
