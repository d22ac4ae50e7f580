"""What tells a run of one method and problem from another: digests, and what `resume` must keep."""

# torch has no types for what moves rows.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import re
from hashlib import sha256
from math import isclose

import torch
from torch import Generator, Tensor

from ddlib.arguments import fault
from ddlib.problem.problem import DistillationProblem, Distiller
from ddlib.problem.snapshots import Checkpoint, Distillation, Snapshot

SAME_VALUE = 1e-6  # relative difference of a value on validation rows between two processors


def settings_of(it: object) -> str:
    """Return the class of a method or learner with its settings, the same text in every process.

    Args:
        it: shows its settings where it is a dataclass.
    """
    text = re.sub(r" at 0x[0-9a-f]+", "", repr(it))
    return type(it).__name__ if text.startswith("<") else text


def rows_of(problem: DistillationProblem) -> dict[str, str]:
    """Return digests of the rows that a problem holds, by name.

    Args:
        problem: has them.
    """
    return {"initial": _digest(problem.initial), "training": _digest(problem.training)}


def data_of(problem: DistillationProblem) -> dict[str, str]:
    """Return, by name, what a problem holds as data and settings: digests, or texts where short.

    Criteria and the projection are functions, which have neither.

    Args:
        problem: has them.
    """
    spans = [(part.span.start, part.span.stop) for part in problem.parts]
    others = {"layout": problem.layout, "spans of parts": spans, "learner": problem.learner}
    return rows_of(problem) | {name: settings_of(each) for name, each in others.items()}


def _digest(rows: Tensor | None) -> str:
    """Return shape and type of rows, with the SHA-256 of their entries."""
    if rows is None:
        return "None"
    entries = rows.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes()
    return f"{tuple(rows.shape)} {rows.dtype} {sha256(entries).hexdigest()}"


def first_checkpoint(
    problem: DistillationProblem, distiller: Distiller, generator: Generator
) -> Checkpoint:
    """Return where a run stands before its first step.

    Args:
        problem: what it distils for.
        distiller: the method.
        generator: draws the method's randomness.
    """
    start = generator.get_state()
    return Checkpoint(settings_of(distiller), data_of(problem), 0, start, start, None)


def check_unchanged(problem: DistillationProblem, before: dict[str, str], method: str) -> None:
    """Raise unless a method has left the rows of a problem as they were.

    Args:
        problem: what it distils for.
        before: what `data_of` returned.
        method: its name.

    Raises:
        ValueError: names what was changed.
    """
    for name, digest in rows_of(problem).items():
        if digest != before[name]:
            raise ValueError(
                f"problem.{name}: changed during the run; must be left as it is by {method}"
            )


def check_resume(
    resume: Distillation, start: Checkpoint, distiller: Distiller, num_steps: int
) -> Checkpoint:
    """Return where a run stood; raise unless it is one of this method and problem.

    Args:
        resume: the run.
        start: of a new run of this method and problem.
        distiller: the method.
        num_steps: steps of the whole run.

    Raises:
        ValueError: says what differs.
    """
    checkpoint = resume.checkpoint
    if not isinstance(checkpoint, Checkpoint):
        wanted = "that of a run which distill returned"
        raise ValueError(f"resume: {fault('checkpoint', checkpoint, wanted)}")
    if checkpoint.method != start.method:
        raise ValueError(f"resume: a run of {checkpoint.method}; must be of {start.method}")
    if checkpoint.step > 0 and checkpoint.state is None and not distiller.one_shot:
        method = type(distiller).__name__
        raise ValueError(
            f"resume: {method} gives no state; must be a method whose steps are Resumable"
        )
    ours, theirs = start.problem, checkpoint.problem
    others = [name for name in ours if ours[name] != theirs.get(name)]
    if others:
        raise ValueError(f"resume: a run with another {', '.join(others)}; must be of this problem")
    if {0, checkpoint.step} - {snapshot.step for snapshot in resume.snapshots}:
        raise ValueError(
            f"resume: has no snapshots of steps 0 and {checkpoint.step}; must be a run that "
            "distill returned"
        )
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
