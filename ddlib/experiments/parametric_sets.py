"""Case study 2: the ways to make a small set of rows, distillation among them.

All but the subsets of the training rows use the same information: the training rows and the
equation, through the solution that both determine. They differ in where their points lie and in
what may become of the values. What each has cost is counted.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Generator, Tensor

from ddlib.config import check_name
from ddlib.experiments import parametric_descents as descents
from ddlib.experiments.parametric_maker import Made, Maker, SetConfig
from ddlib.pinn.distillation import CRITERIA, ParametricTask
from ddlib.pinn.point_choice import (
    NUM_CANDIDATES,
    adaptive_points,
    best_of_random,
    most_uncertain_points,
)
from ddlib.pinn.regressors import kernel_lengths
from ddlib.problem import objective_values
from ddlib.problem.cost import Cost, Meter

TRAINING_ROWS, RANDOM_SUBSET = "training rows", "random subset"
SPREAD, BEST_RANDOM = "spread points", "best of random points"
ADAPTIVE, ACTIVE, LAW = "adaptive points", "active learning", "optimised law"
POINTS, DISTILLED = "optimised points", "distilled"
FREE, ZEROTH = "distilled at once", "distilled by zeroth order"

NUM_LABELLED = 100  # points that the kernel of active learning is fitted to


def make_set(config: SetConfig, task: ParametricTask, *, generator: Generator) -> Made:
    """Return the set of a config.

    Args:
        config: names the method.
        task: problem, data, learners.
        generator: draws all that is random.

    Raises:
        ValueError: for an unknown method or criterion, and a budget above the number of training
            rows.
        DivergedRun: where a descent diverges.
    """
    check_name("method", config.method, METHODS)
    check_name("criterion", config.criterion, CRITERIA)
    if config.num_rows > len(task.data.training):
        raise ValueError(
            f"num_rows = {config.num_rows}: must be at most the {len(task.data.training)} "
            "training rows"
        )
    label = task.solution(generator=generator)
    working = task.working(config.criterion, label, residual_weight=config.working_weight)
    return METHODS[config.method](Maker(config, task, label, working, generator))


def _training_rows(maker: Maker) -> Made:
    return maker.made(maker.task.data.training)


def _random_subset(maker: Maker) -> Made:
    rows = maker.task.data.training
    order = torch.randperm(len(rows), generator=maker.generator)
    return maker.made(rows[order[: maker.config.num_rows]])


def _spread(maker: Maker) -> Made:
    return maker.made(maker.spread())


def _best_random(maker: Maker) -> Made:
    """Take the best of as many evaluations as a descent has steps, on one draw per learner."""
    task, meter = maker.task, Meter()
    state = maker.generator.get_state()

    def draw(count: int) -> Tensor:
        points = task.random_points(count, maker.config.num_rows, generator=maker.generator)
        return maker.labelled(points)

    def values(sets: Tensor) -> Tensor:
        same = Generator()
        total = sets.new_zeros(len(sets))
        for learner in task.learners:
            same.set_state(state)
            total = total + objective_values(learner, maker.working, sets, generator=same)
        return total

    num_sets = max(1, maker.config.num_steps // len(task.learners))
    with torch.no_grad(), meter.counting():
        rows = best_of_random(draw, values, num_sets)
    return maker.made(rows, meter.cost)


def _adaptive(maker: Maker) -> Made:
    """Spread half the points, and add those where the PINN that saw them breaks the equation."""
    task, half = maker.task, maker.config.num_rows // 2
    first = task.spread_points(maker.config.num_rows - half, generator=maker.generator)
    candidates = task.random_points(NUM_CANDIDATES, generator=maker.generator)
    with torch.no_grad():
        model = task.pinn(maker.labelled(first), generator=maker.generator)
        second = adaptive_points(
            task.problem, model, candidates, max(1, half), generator=maker.generator
        )
    points = torch.cat([first, second])[: maker.config.num_rows]
    return maker.made(maker.labelled(points), Cost(evaluations=1))


def _active(maker: Maker) -> Made:
    """Take points of largest variance, under the kernel that fits the solution best."""
    task = maker.task
    known = maker.labelled(task.random_points(NUM_LABELLED, generator=maker.generator))
    candidates = task.random_points(NUM_CANDIDATES, generator=maker.generator)
    points = most_uncertain_points(candidates, kernel_lengths(known), maker.config.num_rows)
    return maker.made(maker.labelled(points))


METHODS: dict[str, Callable[[Maker], Made]] = {
    TRAINING_ROWS: _training_rows,
    RANDOM_SUBSET: _random_subset,
    SPREAD: _spread,
    BEST_RANDOM: _best_random,
    ADAPTIVE: _adaptive,
    ACTIVE: _active,
    LAW: descents.law,
    POINTS: descents.points,
    DISTILLED: descents.distilled,
    FREE: descents.free,
    ZEROTH: descents.zeroth,
}
"""The ways to make a set, by name."""
