"""What `distill` checks: its arguments before any work, and each set of a method."""

# torch has no types for what moves rows.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from typing import Any

import torch
from torch import Generator, Tensor

from ddlib.arguments import count_faults, fault, kind_faults, raise_faults
from ddlib.problem.criteria import ValidationCriterion, split_faults
from ddlib.problem.problem import DistillationProblem
from ddlib.problem.snapshots import Distillation

ROUNDING = 100  # rounding units of the largest entry, by which a projection may move its own result


def check_settings(
    problem: object,
    distiller: object,
    generator: object,
    validation: object,
    callback: object,
    resume: object,
    **counts: object,
) -> None:
    """Raise for all arguments of `distill` that are of a wrong kind or impossible, in one line.

    Args:
        problem: a problem.
        distiller: a method.
        generator: a generator.
        validation: a criterion of validation rows, or None.
        callback: a function, or None.
        resume: a run, or None.
        counts: `num_steps`, at least 0, and `every`, at least 1, both whole.

    Raises:
        ValueError: for the counts alone.
        TypeError: for the others.
    """
    kinds = kind_faults("problem", problem, DistillationProblem, "a DistillationProblem")
    if not _is_method(distiller):
        wanted = "a method, with one_shot and steps, as those in DISTILLERS"
        kinds.append(fault("distiller", distiller, wanted))
    kinds += kind_faults("generator", generator, Generator, "a torch.Generator")
    if validation is not None:
        kinds += split_faults(validation, ValidationCriterion, "validation")
    if callback is not None and not callable(callback):
        kinds.append(fault("callback", callback, "a function of a snapshot, or None"))
    if resume is not None:
        wanted = "a Distillation, or None; that of an InterruptedRun is its run"
        kinds += kind_faults("resume", resume, Distillation, wanted)
    least = {"num_steps": 0, "every": 1}
    faults = [line for name in least for line in count_faults(name, counts[name], least[name])]
    raise_faults(faults, kinds)


def _is_method(distiller: object) -> bool:
    """Whether it has what a `Distiller` has; a class is none, it has to be made one."""
    one_shot, steps = (getattr(distiller, name, None) for name in ("one_shot", "steps"))
    return not isinstance(distiller, type) and isinstance(one_shot, bool) and callable(steps)


def check_set(rows: Any, problem: DistillationProblem, where: str) -> None:
    """Raise unless what a method yields is a finite, feasible set of the problem's shape and kind.

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
    for ours, wanted in zip(_kind(rows), _kind(problem.initial), strict=True):
        if ours != wanted:
            raise ValueError(f"{where}: rows: {ours}; must be {wanted}, as problem.initial")
    shape, wanted = tuple(rows.shape), tuple(problem.initial.shape)
    if shape != wanted:
        raise ValueError(f"{where}: rows: shape {shape}; must be {wanted}, as problem.initial")
    if not rows.isfinite().all():
        raise FloatingPointError("rows: not finite; take a smaller step size")
    with torch.no_grad():
        moved = project(rows, problem)
        rounding = ROUNDING * torch.finfo(rows.dtype).eps * rows.abs().max()
        if not ((moved - rows).abs() <= rounding).all():
            raise ValueError(f"{where}: rows are not feasible; must be what problem.feasible keeps")


def project(rows: Tensor, problem: DistillationProblem) -> Tensor:
    """Return the projection of rows onto the feasible sets.

    Args:
        rows: `(m, …)`; left as they are.
        problem: has the projection.

    Raises:
        ValueError: unless that returns a tensor of their shape and type.
    """
    moved: Any = problem.feasible(rows.detach().clone())
    wanted = f"must return rows like those it is given, shape {tuple(rows.shape)}"
    if not isinstance(moved, Tensor):
        raise ValueError(f"feasible: returned a {type(moved).__name__}; {wanted}")
    if moved.shape != rows.shape or _kind(moved) != _kind(rows):
        told = f"shape {tuple(moved.shape)}, {moved.dtype}"
        raise ValueError(f"feasible: returned {told}; {wanted}, {rows.dtype}")
    return moved


def _kind(rows: Tensor) -> tuple[object, ...]:
    """Return what two tensors must share to be compared, but for the shape."""
    return rows.dtype, rows.layout, rows.device
