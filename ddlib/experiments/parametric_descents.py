r"""Case study 2: sets that are made by a descent of the working objective.

What a step moves tells them apart: the law that points are drawn from; the points, whose values are
those of the solution; the points first and then the values too; or all entries from the start.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from ddlib.distillers import FirstOrder, ZerothOrder
from ddlib.distillers.descent import AnnealedAdam, MakeOptimizer
from ddlib.experiments.parametric_maker import Made, Maker
from ddlib.pinn.labels import HeldValues, labelled
from ddlib.pinn.law import LearnsFromLaw, as_law, floor_of_law
from ddlib.problem import DistillationProblem, Distiller, Learner, distill, spacing

VALUE_STAGE = 4  # one step of so many is left for the values
LEAST_DEVIATION = 0.05  # of an optimised law, in deviations of the prior


def law(maker: Maker) -> Made:
    """Draw rows from the law whose rows teach best.

    Args:
        maker: budget, task, objective.
    """
    config, task = maker.config, maker.task
    learner = LearnsFromLaw(task.learner, maker.label, config.num_rows, task.limits)
    start = task.spread_points(max(2, config.num_rows), generator=maker.generator)
    num_coordinates = len(task.problem.coordinates)
    problem = DistillationProblem(
        learner,
        maker.working,
        as_law(start[:, num_coordinates:]),
        feasible=floor_of_law(LEAST_DEVIATION * task.problem.prior.std),
    )
    run = distill(
        problem,
        FirstOrder(optimizer=_annealed(config.step_size, config.num_steps)),
        num_steps=config.num_steps,
        generator=maker.generator,
        every=config.num_steps,
    )
    with torch.no_grad():
        points = learner.points(run.rows, generator=maker.generator)
    return maker.made(maker.labelled(points), run.cost)


def points(maker: Maker) -> Made:
    """Move the points in all steps; the values are the solution's.

    Args:
        maker: budget, task, objective.
    """
    return _moved_points(maker, maker.config.num_steps)


def distilled(maker: Maker) -> Made:
    """Move the points first, with the solution's values; then all entries by small steps.

    Args:
        maker: budget, task, objective.
    """
    config = maker.config
    last = config.num_steps // VALUE_STAGE
    if last == 0:
        return points(maker)
    first = _moved_points(maker, config.num_steps - last)
    second = _descend(maker, first.rows, maker.task.learner, config.value_step_size, last)
    behind = config.num_steps - last
    later = {behind + step: rows for step, rows in second.snapshots.items() if step > 0}
    return maker.made({**first.snapshots, **later}, first.cost + second.cost)


def free(maker: Maker) -> Made:
    """Move all entries in all steps, from the values that the PINN has learnt.

    Args:
        maker: budget, task, objective.
    """
    config, task = maker.config, maker.task
    points = task.spread_points(config.num_rows, generator=maker.generator)
    with torch.no_grad():
        guess = task.pinn(task.data.training, generator=maker.generator)
        start = labelled(points, guess)
    return _descend(maker, start, task.learner, config.step_size, config.num_steps)


def zeroth(maker: Maker) -> Made:
    """Move the points alone, by values of the objective along random directions.

    Args:
        maker: budget, task, objective.
    """
    config = maker.config
    method = ZerothOrder(
        config.smoothing,
        num_directions=config.num_directions,
        antithetic=True,
        optimizer=_annealed(config.step_size, config.num_steps),
    )
    return _moved_points(maker, config.num_steps, method)


def _moved_points(maker: Maker, num_steps: int, method: Distiller | None = None) -> Made:
    """Return spread points after steps of a method, with the solution's values."""
    learner = HeldValues(maker.task.learner, maker.label)
    step_size = maker.config.step_size
    made = _descend(maker, maker.spread(), learner, step_size, num_steps, method)
    rows = {step: maker.labelled(rows[:, :-1]) for step, rows in made.snapshots.items()}
    return maker.made(rows, made.cost)


def _descend(
    maker: Maker,
    start: Tensor,
    learner: Learner,
    step_size: float,
    num_steps: int,
    method: Distiller | None = None,
) -> Made:
    """Return the snapshots of a descent; its step falls to zero, and the last set is taken."""
    problem = maker.task.distillation_problem(start, maker.working, learner)
    run = distill(
        problem,
        method or FirstOrder(optimizer=_annealed(step_size, num_steps)),
        num_steps=num_steps,
        generator=maker.generator,
        every=spacing(num_steps, maker.config.num_snapshots),
    )
    return maker.made({s.step: s.rows for s in run.snapshots}, run.cost)


def _annealed(step_size: float, num_steps: int) -> MakeOptimizer:
    return partial(AnnealedAdam, lr=step_size, num_steps=num_steps)
