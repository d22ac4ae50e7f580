"""Case study 2: distil rows for a physics-informed learner, and judge them outside their tail.

One config is one draw of the data, a problem, a working objective and a budget. The rows returned
are errors of the snapshots along the distillation, of the last rows with one thing taken away at
a time, and, with `transfer`, of the last rows in the hands of other learners.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Self

import pandas as pd
from pydantic import model_validator
from torch import Tensor

from ddlib.config import Count, Positive, check_name
from ddlib.distillers import FirstOrder, ZerothOrder
from ddlib.distillers.descent import AnnealedAdam
from ddlib.experiments.base import Column, Experiment
from ddlib.experiments.parametric_draw import ERRORS, LEARNERS, DrawConfig, Judge, draw_task
from ddlib.pinn import PROBLEMS
from ddlib.pinn.collocation import at_synthetic, nowhere, prior, train_tail
from ddlib.pinn.data import rows_at
from ddlib.pinn.distillation import CRITERIA, STARTS, ParametricTask
from ddlib.pinn.network_pinn import NetworkPINN
from ddlib.pinn.problem import Tails
from ddlib.pinn.regressors import GAUSSIAN_PROCESS, GRADIENT_BOOSTING
from ddlib.problem import Distillation, Distiller, distill, spacing
from ddlib.streams import stream

FEATURE, NETWORK, PLAIN = "feature PINN", "MLP PINN", "plain network"
PROCESS, BOOSTING = "Gaussian process", "gradient boosting"
AT_ROWS, NOWHERE = "at the rows", "nowhere"
DISTILLED, TRAINING_ROWS = "distilled rows", "training rows"
DESCENTS = ("first-order", "zeroth-order")


class ParametricConfig(DrawConfig):
    """One draw of the data, a working objective, a method and a budget.

    Attributes:
        made_for: one of `LEARNERS`: which the rows are distilled for.
        criterion: working objective, one of `CRITERIA`.
        method: one of `DESCENTS`.
        start: one of `STARTS`: where the rows start.
        num_rows: budget m.
        num_steps: of the descent.
        step_size: at the start; it falls to 0.
        num_snapshots: about as many, evenly spaced.
        residual_weight: of residual and boundary in "fit and residual".
        smoothing: of the zeroth-order step, in the units of the rows.
        num_directions: of the zeroth-order step.
        transfer: whether other learners get the rows too.
        num_lbfgs: steps of the networks among these.
    """

    added: ClassVar[Mapping[str, Any]] = {
        "residual_weight": 0.3,
        "smoothing": 0.01,
        "num_directions": 8,
        "num_lbfgs": 500,
    }

    made_for: str = "both"
    criterion: str = "fit and solution"
    method: str = "first-order"
    start: str = "prior"
    num_rows: Count = 20
    num_steps: Count = 2000
    step_size: Positive = 0.02
    num_snapshots: Count = 10
    residual_weight: Positive = 0.3
    smoothing: Positive = 0.01
    num_directions: Count = 8
    transfer: bool = False
    num_lbfgs: Count = 500

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        """Check the names of objective, method and start."""
        check_name("made_for", self.made_for, LEARNERS)
        check_name("criterion", self.criterion, CRITERIA)
        check_name("method", self.method, DESCENTS)
        check_name("start", self.start, STARTS)
        return self


def run_distillation(config: ParametricConfig, task: ParametricTask) -> Distillation:
    """Return the distillation of a config: what `parametric` judges, with its rows.

    The step falls to zero and the last rows are taken: nothing is left to choose.

    Args:
        config: objective, method and budget.
        task: the first result of `draw_task` for the config and what it is made for.

    Raises:
        ValueError: for a budget above the number of training rows.
        DivergedRun: where the descent diverges.
    """
    generator = stream(config.seed, "distillation")
    return distill(
        task.distillation_problem(
            config.num_rows,
            criterion=config.criterion,
            start=config.start,
            residual_weight=config.residual_weight,
            generator=generator,
        ),
        distiller(config),
        num_steps=config.num_steps,
        generator=generator,
        every=spacing(config.num_steps, config.num_snapshots),
    )


def distiller(config: ParametricConfig) -> Distiller:
    """Return the method of a config, with its annealed step.

    Args:
        config: names the method, and has its settings.
    """
    optimizer = partial(AnnealedAdam, lr=config.step_size, num_steps=config.num_steps)
    if config.method == "first-order":
        return FirstOrder(optimizer=optimizer)
    return ZerothOrder(
        config.smoothing,
        num_directions=config.num_directions,
        antithetic=True,
        optimizer=optimizer,
    )


def parametric(config: ParametricConfig) -> pd.DataFrame:
    """Distil rows with learnable points, parameters and values; judge inside and outside.

    Args:
        config: the draw of the data, objective, method and budget.

    Returns:
        A row per set and learner, with the columns of `PARAMETRIC`.

    Raises:
        ValueError: for a budget above the number of training rows.
        DivergedRun: where the descent diverges.
    """
    task, judge = draw_task(config, config.made_for)
    start = time.perf_counter()
    run = run_distillation(config, task)
    seconds = time.perf_counter() - start
    tail_end = Tails(config.lower, config.upper).gap(task.problem.prior)[0]
    judged = [
        *_snapshots(config, task, judge, run),
        *_taken_away(config, task, judge, run.rows),
        *(_transferred(config, task, judge, run.rows) if config.transfer else ()),
    ]
    rows = []
    for what, snapshot_rows, values in judged:
        u = task.problem.solution(snapshot_rows[:, :-1])
        rows.append(
            what
            | values
            | {
                "value_error": (snapshot_rows[:, -1] - u).square().mean().sqrt().item(),
                "beyond": (snapshot_rows[:, -2] > tail_end).double().mean().item(),
                "seconds": seconds,
            }
        )
    return pd.DataFrame(rows, columns=list(PARAMETRIC.columns))


Judged = Iterator[tuple[dict[str, Any], Tensor, dict[str, float]]]
"""Values of the columns that name a case, its rows `(m, 3)`, and its errors."""


def _snapshots(
    config: ParametricConfig, task: ParametricTask, judge: Judge, run: Distillation
) -> Judged:
    """Yield the training rows, then each snapshot, under the feature PINN."""
    what = {"learner": FEATURE, "physics": AT_ROWS, "step": -1}
    score = partial(judge, task.pinn, seed=config.seed, num_draws=config.feature_draws)
    yield what | {"rows": TRAINING_ROWS}, task.data.training, score(task.data.training)
    for snapshot in run.snapshots:
        which = {"rows": DISTILLED, "step": snapshot.step}
        yield what | which, snapshot.rows, score(snapshot.rows)


def _taken_away(
    config: ParametricConfig, task: ParametricTask, judge: Judge, rows: Tensor
) -> Judged:
    """Yield the last rows with their values or their physics taken away or replaced."""
    problem, pinn = task.problem, task.pinn
    tails = Tails(config.lower, config.upper)
    cases = {
        f"{AT_ROWS}, values unused": (replace(pinn, data_weight=0.0), rows),
        f"{AT_ROWS}, exact values": (pinn, rows_at(problem, rows[:, :-1])),
        NOWHERE: (replace(pinn, policy=nowhere(problem)), rows),
        "in the training tail": (replace(pinn, policy=train_tail(problem, tails)), rows),
        "over the prior": (replace(pinn, policy=prior(problem)), rows),
    }
    what = {"rows": DISTILLED, "learner": FEATURE, "step": config.num_steps}
    for physics, (other, others_rows) in cases.items():
        values = judge(other, others_rows, seed=config.seed, num_draws=config.feature_draws)
        yield what | {"physics": physics}, others_rows, values


def _transferred(
    config: ParametricConfig, task: ParametricTask, judge: Judge, rows: Tensor
) -> Judged:
    """Yield other learners on the last rows and on all training rows."""
    problem, network = task.problem, partial(NetworkPINN, num_lbfgs=config.num_lbfgs)
    learners = {
        NETWORK: (network(problem, at_synthetic(problem)), AT_ROWS),
        PLAIN: (network(problem, nowhere(problem)), NOWHERE),
        PROCESS: (GAUSSIAN_PROCESS, NOWHERE),
        BOOSTING: (GRADIENT_BOOSTING, NOWHERE),
    }
    sets = {DISTILLED: (rows, config.num_steps), TRAINING_ROWS: (task.data.training, -1)}
    for name, (learner, physics) in learners.items():
        for set_name, (set_rows, step) in sets.items():
            what = {"rows": set_name, "learner": name, "physics": physics, "step": step}
            values = judge(learner, set_rows, seed=config.seed, num_draws=1)
            yield what, set_rows, values


PARAMETRIC = Experiment(
    name="parametric",
    config=ParametricConfig,
    run=parametric,
    version=1,
    columns={
        "rows": Column("what is learnt from"),
        "learner": Column("which learner"),
        "physics": Column("where the learner asks for the equation"),
        "step": Column("step of the distillation; -1 where it is not a snapshot", "steps"),
        **ERRORS,
        "value_error": Column("root mean square of the rows' values less the solution", "u", 1e-3),
        "beyond": Column("share of the rows beyond the training tail"),
        "seconds": Column("time of the distillation", "seconds", float("inf")),
    },
    seconds=lambda c: (
        0.005 * c.num_steps * (1 if PROBLEMS[c.problem].linear else 5) + (30 if c.transfer else 1)
    ),
)
