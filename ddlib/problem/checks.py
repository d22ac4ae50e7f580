"""What `distill` checks: its settings before any work, each set of a method, a run to resume."""

# torch has no types for what moves rows.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import re
from math import isclose
from typing import Any

import torch
from torch import Tensor

from ddlib.arguments import count_faults, fault, raise_faults
from ddlib.problem.criteria import ValidationCriterion, check_split
from ddlib.problem.problem import DistillationProblem, Distiller
from ddlib.problem.snapshots import Checkpoint, Distillation, Snapshot
from ddlib.streams import check_generator

ROUNDING = 100  # rounding units of the largest entry, by which a projection may move its own result
SAME_VALUE = 1e-6  # relative difference of a value on validation rows between two processors


def check_settings(
    num_steps: object,
    every: object,
    distiller: object,
    generator: object,
    validation: ValidationCriterion | None,
) -> None:
    """Raise for impossible counts, no method or generator, and a criterion of another split.

    Args:
        num_steps: a whole number, at least 0.
        every: a whole number, at least 1.
        distiller: a method.
        generator: a generator.
        validation: a criterion of validation rows, or None.

    Raises:
        ValueError: for the counts, both at once.
        TypeError: for the others.
    """
    raise_faults(count_faults("num_steps", num_steps, 0) + count_faults("every", every, 1))
    needed = [hasattr(distiller, name) for name in ("one_shot", "steps")]
    if isinstance(distiller, type) or not all(needed):
        wanted = "a method, with one_shot and steps, as those in DISTILLERS"
        raise TypeError(fault("distiller", distiller, wanted))
    check_generator("generator", generator)
    if validation is not None:
        check_split(validation, ValidationCriterion, "validation")


def check_set(rows: Any, problem: DistillationProblem, where: str) -> None:
    """Raise unless what a method yields is a finite, feasible set of the problem's shape.

    Args:
        rows: what it yields.
        problem: what it distils for.
        where: method and step, for the message.

    Raises:
        ValueError: for a set of another type or shape, or not feasible.
        FloatingPointError: for a set that is not finite.
    """
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


def settings_of(distiller: Distiller) -> str:
    """Return the class of a method with its settings, the same text in every process.

    Args:
        distiller: shows its settings where it is a dataclass.
    """
    text = re.sub(r" at 0x[0-9a-f]+", "", repr(distiller))
    return type(distiller).__name__ if text.startswith("<") else text


def check_resume(
    resume: Distillation, distiller: Distiller, problem: DistillationProblem, num_steps: int
) -> Checkpoint:
    """Return where a run stood; raise unless it is one of this method and problem.

    Args:
        resume: the run.
        distiller: the method.
        problem: what it distils for.
        num_steps: steps of the whole run.

    Raises:
        ValueError: says what differs.
    """
    checkpoint, wanted = resume.checkpoint, settings_of(distiller)
    if checkpoint is None:
        raise ValueError("resume: checkpoint = None; must be a run that distill returned")
    if checkpoint.method != wanted:
        raise ValueError(f"resume: a run of {checkpoint.method}; must be of {wanted}")
    if checkpoint.step > 0 and checkpoint.state is None and not distiller.one_shot:
        method = type(distiller).__name__
        raise ValueError(
            f"resume: {method} gives no state; must be a method whose steps are Resumable"
        )
    if not resume.snapshots[0].rows.equal(problem.initial):
        raise ValueError("resume: starts from other rows; must start from problem.initial")
    if num_steps < checkpoint.step:
        raise ValueError(
            f"num_steps = {num_steps}: must be at least the {checkpoint.step} steps of resume"
        )
    return checkpoint


def check_looks(known: list[Snapshot], every: int, step: int, start: float | None) -> None:
    """Raise unless the snapshots of a run are those of this one.

    Args:
        known: of the run that is resumed.
        every: steps between two snapshots.
        step: where it is resumed.
        start: value of the initial set on this run's validation rows.

    Raises:
        ValueError: for snapshots that are due and missing, and for another validation.
    """
    missing = set(range(0, step + 1, every)) - {snapshot.step for snapshot in known}
    if missing:
        raise ValueError(
            f"every = {every}: the run to resume has no snapshot at step {min(missing)}; must be "
            "a multiple of its own"
        )
    before = known[0].validation
    if (before is None) != (start is None):
        raise ValueError("validation: must be given, or not, as in the run that is resumed")
    if before is None or start is None or isclose(before, start, rel_tol=SAME_VALUE):
        return
    if before == before or start == start:  # both may be NaN
        raise ValueError(
            f"validation: {start:g} for the initial set, {before:g} in the run that is resumed; "
            "must be the same criterion"
        )
