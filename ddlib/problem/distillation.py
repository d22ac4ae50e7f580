r"""Run a distiller on a problem: take snapshots, judge them on validation rows, choose."""

from __future__ import annotations

from torch import Generator

from ddlib.arguments import count_faults, raise_faults
from ddlib.problem.checks import check_settings
from ddlib.problem.criteria import ValidationCriterion
from ddlib.problem.problem import DistillationProblem, Distiller
from ddlib.problem.run import Callback, Run
from ddlib.problem.snapshots import Distillation


def spacing(num_steps: int, num_looks: int) -> int:
    """Return the steps between two snapshots so that a run has about `num_looks`.

    Args:
        num_steps: steps of the run.
        num_looks: snapshots wanted after the initial set, at least 1.

    Raises:
        ValueError: for counts that are not whole, or below 0 and 1.
    """
    faults = count_faults("num_steps", num_steps, 0) + count_faults("num_looks", num_looks, 1)
    raise_faults(faults)
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
    """Return the run of `distiller` on `problem`, which the looks at it do not change.

    Args:
        problem: what to distil for; it must be left as it is.
        distiller: method; each of its sets is checked.
        num_steps: steps of the whole run, those of `resume` among them.
        generator: draws the method's randomness. To resume, it is set to where the run stood.
        validation: judges the snapshots and so chooses the result; without it the last is chosen.
        every: steps between two snapshots; there is one at both ends, too.
        callback: is called with each new snapshot.
        progress: whether to show a bar on standard error.
        interruptible: whether an interrupt (Ctrl-C) ends the run with a warning; else it is raised.
        resume: earlier run of this problem, criteria included, to go on from, to the bit.

    Returns:
        The snapshots; `rows` `(m, …)` are those of the chosen one.

    Raises:
        ValueError: for impossible counts, a wrong set, problem or `resume`.
        TypeError: for arguments of a wrong kind; it names all that are wrong.
        DivergedRun: where the descent diverges; it carries the run so far.
        InterruptedRun: for an interrupt unless `interruptible`; likewise.
    """
    given = problem, distiller, generator, validation, callback
    check_settings(*given, resume, num_steps=num_steps, every=every)
    run = Run(*given, num_steps, every)
    return run.complete(resume, progress=progress, interruptible=interruptible)
