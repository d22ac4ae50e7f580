r"""Run a distiller on a problem: take snapshots, judge them on validation rows, choose."""

from __future__ import annotations

from torch import Generator

from ddlib.problem.criteria import ValidationCriterion
from ddlib.problem.problem import DistillationProblem, Distiller
from ddlib.problem.run import Callback, Run
from ddlib.problem.snapshots import Distillation


def spacing(num_steps: int, num_looks: int) -> int:
    """Return the steps between two snapshots so that a run has about `num_looks`.

    Args:
        num_steps: steps of the run.
        num_looks: snapshots wanted after the initial set, at least 1.
    """
    return max(1, num_steps // num_looks)


def distill(
    problem: DistillationProblem,
    distiller: Distiller,
    *,
    num_steps: int,
    generator: Generator,
    validation: ValidationCriterion | None = None,
    every: int = 1,
    callback: Callback | None = None,
    progress: bool = False,
    interruptible: bool = False,
    resume: Distillation | None = None,
) -> Distillation:
    """Return the run of `distiller` on `problem`, of at most `num_steps` steps.

    Observing it changes no rows: the looks have random numbers of their own, and get copies.

    Args:
        problem: what to distil for.
        distiller: method; each of its sets is checked.
        num_steps: steps of the whole run, those of `resume` among them.
        generator: draws the method's randomness. To resume, it is set to where the run stood.
        validation: judges the snapshots and so chooses the result; without it the last is chosen.
        every: steps between two snapshots; there is one at both ends, too.
        callback: is called with each new snapshot.
        progress: whether to show a bar of the steps on standard error.
        interruptible: whether an interrupt (Ctrl-C) ends the run with a warning; else it is raised.
        resume: earlier run, to go on from; the result is that of one long run, to the bit.

    Raises:
        ValueError: for impossible counts, a set of wrong shape or not feasible, a wrong `resume`.
        TypeError: for no method or generator, or a criterion of other rows.
        NotApplicable: as the method does.
        DivergedRun: where the descent diverges; it carries the run so far.
        InterruptedRun: for an interrupt unless `interruptible`; likewise.
    """
    run = Run(problem, distiller, generator, validation, callback, num_steps, every)
    if resume is not None:
        run.take_up(resume)
    return run.complete(progress=progress, interruptible=interruptible)
