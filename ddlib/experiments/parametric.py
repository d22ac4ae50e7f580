"""Case study 2: make a small set for physics-informed learners, and judge it outside its tail.

One config is one draw of the data, what is known of the deployment, and one way to make a set. The
rows returned are the errors of its snapshots, of the set with one thing taken away at a time, and,
with `transfer`, of the set in the hands of other learners.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Self

import pandas as pd
import torch
from pydantic import Field, model_validator
from torch import Tensor

from ddlib.config import Count, check_name
from ddlib.experiments.base import Column, Experiment
from ddlib.experiments.parametric_draw import (
    ERRORS,
    DrawConfig,
    Judge,
    bars,
    draw_task,
)
from ddlib.experiments.parametric_maker import Made, SetConfig
from ddlib.experiments.parametric_sets import (
    BEST_RANDOM,
    DISTILLED,
    FREE,
    LAW,
    METHODS,
    POINTS,
    ZEROTH,
    make_set,
)
from ddlib.pinn import PROBLEMS
from ddlib.pinn.collocation import at_synthetic, nowhere, prior, train_tail
from ddlib.pinn.data import rows_at
from ddlib.pinn.distillation import CRITERIA, DEPLOYMENTS, MADE_FOR, ParametricTask
from ddlib.pinn.network_pinn import NetworkPINN
from ddlib.pinn.operator_network import OperatorNetwork
from ddlib.pinn.regressors import GAUSSIAN_PROCESS, GRADIENT_BOOSTING
from ddlib.streams import stream

FEATURE, NETWORK, PLAIN = "feature PINN", "MLP PINN", "plain network"
PROCESS, BOOSTING, OPERATOR = "Gaussian process", "gradient boosting", "DeepONet"
AT_ROWS, NOWHERE = "at the rows", "nowhere"
NAN = float("nan")


class ParametricConfig(SetConfig, DrawConfig):
    """One draw of the data, what is known of the deployment, and one way to make a set.

    Attributes:
        deployment: one of `ddlib.pinn.distillation.DEPLOYMENTS`.
        made_for: one of `MADE_FOR`: which learners the rows are for.
        transfer: whether other learners get the rows too.
        num_lbfgs: steps of the networks among these.
        num_models: models of the ensembles whose error bars are judged.
        objective_draws: draws of each learner, held out, that the working objective is a mean of.
    """

    deployment: str = "known"
    made_for: str = "both"
    transfer: bool = False
    num_lbfgs: Count = 500
    num_models: Annotated[int, Field(strict=True, ge=2)] = 20
    objective_draws: Count = 10

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        """Check the names."""
        check_name("deployment", self.deployment, DEPLOYMENTS)
        check_name("made_for", self.made_for, MADE_FOR)
        check_name("criterion", self.criterion, CRITERIA)
        check_name("method", self.method, METHODS)
        return self


def run_method(config: ParametricConfig, task: ParametricTask) -> Made:
    """Return the set of a config with its snapshots: what `parametric` judges.

    Args:
        config: names the method.
        task: the first result of `draw_task` for the config.

    Raises:
        ValueError: for a budget above the number of training rows.
        DivergedRun: where a descent diverges.
    """
    return make_set(config, task, generator=stream(config.seed, "distillation"))


def parametric(config: ParametricConfig) -> pd.DataFrame:
    """Make a set of rows, and judge it inside and outside the training tail.

    Args:
        config: the draw of the data, and the method.

    Returns:
        A row per set and learner, with the columns of `PARAMETRIC`.

    Raises:
        ValueError: for a budget above the number of training rows.
        DivergedRun: where a descent diverges.
    """
    task, judge = draw_task(config, config.made_for, config.deployment)
    start = time.perf_counter()
    made = run_method(config, task)
    seconds = time.perf_counter() - start
    objective = _held_out_objective(config, task, made)
    tail_end, first = task.tails.gap(task.problem.prior)[0], len(task.problem.coordinates)
    judged = [
        *_on_the_way(config, task, judge, made),
        *_taken_away(config, task, judge, made.rows),
        *(_transferred(config, task, judge, made.rows) if config.transfer else ()),
    ]
    rows = []
    for what, of_rows, values in judged:
        u = task.problem.solution(of_rows[:, :-1])
        rows.append(
            {"step": max(made.snapshots), "last": True, "coverage": NAN, "width": NAN}
            | what
            | values
            | {
                "value_error": (of_rows[:, -1] - u).square().mean().sqrt().item(),
                "beyond": (of_rows[:, first] > tail_end).double().mean().item(),
                "objective": objective,
                "evaluations": made.cost.evaluations,
                "gradients": made.cost.gradients,
                "seconds": seconds,
            }
        )
    return pd.DataFrame(rows, columns=list(PARAMETRIC.columns))


def _held_out_objective(config: ParametricConfig, task: ParametricTask, made: Made) -> float:
    """Return the working objective of the set, on draws that no step has seen."""
    generator = stream(config.seed, "held-out objective")
    with torch.no_grad():
        values = [
            made.working(learner(made.rows, generator=generator))
            for learner in task.learners
            for _ in range(config.objective_draws)
        ]
        return torch.stack(values).mean().item()


Judged = Iterator[tuple[dict[str, Any], Tensor, dict[str, float]]]
"""Values of the columns that name a case, its rows `(m, 3)`, and its errors."""


def _on_the_way(config: ParametricConfig, task: ParametricTask, judge: Judge, made: Made) -> Judged:
    """Yield each snapshot but the last under the feature PINN."""
    for step, rows in made.snapshots.items():
        if step < max(made.snapshots):
            what = {"learner": FEATURE, "physics": AT_ROWS, "step": step, "last": False}
            draws = {"seed": config.seed, "num_draws": config.feature_draws}
            yield what, rows, judge(task.pinn, rows, **draws)


def _taken_away(
    config: ParametricConfig, task: ParametricTask, judge: Judge, rows: Tensor
) -> Judged:
    """Yield the set with physics and without, with error bars, and with one thing replaced."""
    problem, pinn = task.problem, task.pinn
    cases = {
        AT_ROWS: (pinn, rows),
        NOWHERE: (replace(pinn, policy=nowhere(problem)), rows),
        f"{AT_ROWS}, values unused": (replace(pinn, data_weight=0.0), rows),
        f"{AT_ROWS}, exact values": (pinn, rows_at(problem, rows[:, :-1])),
        "in the training tail": (replace(pinn, policy=train_tail(problem, task.tails)), rows),
        "over the prior": (replace(pinn, policy=prior(problem)), rows),
    }
    for physics, (learner, of_rows) in cases.items():
        values = judge(learner, of_rows, seed=config.seed, num_draws=config.feature_draws)
        if physics in (AT_ROWS, NOWHERE):
            ensemble = {"seed": config.seed, "num_models": config.num_models}
            values |= bars(learner, of_rows, judge.test_rows, **ensemble)
        yield {"learner": FEATURE, "physics": physics}, of_rows, values


def _transferred(
    config: ParametricConfig, task: ParametricTask, judge: Judge, rows: Tensor
) -> Judged:
    """Yield other learners on the set."""
    problem, network = task.problem, partial(NetworkPINN, num_lbfgs=config.num_lbfgs)
    learners = {
        NETWORK: (network(problem, at_synthetic(problem)), AT_ROWS),
        PLAIN: (network(problem, nowhere(problem)), NOWHERE),
        OPERATOR: (OperatorNetwork(problem, num_lbfgs=config.num_lbfgs), NOWHERE),
        PROCESS: (GAUSSIAN_PROCESS, NOWHERE),
        BOOSTING: (GRADIENT_BOOSTING, NOWHERE),
    }
    for name, (learner, physics) in learners.items():
        values = judge(learner, rows, seed=config.seed, num_draws=1)
        yield {"learner": name, "physics": physics}, rows, values


def _seconds(config: ParametricConfig) -> float:
    """Return about how long a config takes."""
    harder = 1 if PROBLEMS[config.problem].linear else 3
    gradients = {DISTILLED: 1, POINTS: 1, LAW: 1, FREE: 1, ZEROTH: 2, BEST_RANDOM: 0.2}
    steps = config.num_steps * gradients.get(config.method, 0)
    return 0.007 * steps * harder + (12 if config.transfer else 1)


PARAMETRIC = Experiment(
    name="parametric",
    config=ParametricConfig,
    run=parametric,
    version=2,
    columns={
        "learner": Column("which learner"),
        "physics": Column("where the learner asks for the equation"),
        "step": Column("step of the descent of rows; 0 for other sets", "steps"),
        "last": Column("whether the set is the method's; else it is a snapshot on the way"),
        **ERRORS,
        "coverage": Column("share of test values within the 95 % bars of an ensemble", "", 1e-3),
        "width": Column("mean width of these bars over the spread of the test values", "", 1e-3),
        "value_error": Column("root mean square of the rows' values less the solution", "u", 1e-3),
        "beyond": Column("share of the rows beyond the training tail"),
        "objective": Column("working objective of the set, on held-out draws", "u squared", 1e-6),
        "evaluations": Column("values of the working objective that the set has cost"),
        "gradients": Column("gradients of it"),
        "seconds": Column("time that the set took", "seconds", float("inf")),
    },
    seconds=_seconds,
)
