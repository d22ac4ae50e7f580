r"""Trajectory matching (Cazenavette et al. 2022): rows that lead training where real rows do.

$$\hat F(S)=\frac{\|\hat\theta_{t+N}-\theta^*_{t+M}\|^2}{\|\theta^*_t-\theta^*_{t+M}\|^2},
\qquad \hat\theta_t=\theta^*_t,\quad
\hat\theta_{s+1}=\hat\theta_s-\alpha\,\nabla\ell(\hat\theta_s;S)$$

with $\theta^*$ an expert's trajectory on the real rows, $t$ random, and the student's step size
$\alpha$ learnt beside the rows. The learner keeps its own step size when the rows are used,
unless it is carried: then the rows come with $\alpha$, and whoever judges them trains with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from math import log
from typing import ClassVar

import torch
from torch import Generator, Tensor

from ddlib.distillers.descent import ADAM, Descent, MakeOptimizer, objective_gradients
from ddlib.distillers.needs import gradient_learner, network_learner, training_rows
from ddlib.problem import DistillationProblem
from ddlib.problem.training import GradientLearner, train


@dataclass(frozen=True)
class TrajectoryMatching:
    r"""Let a training on the rows end where one on the real rows does.

    Attributes:
        num_experts: number of trainings on the real rows, before the first step.
        student_steps: steps $N$ on the rows.
        expert_steps: steps $M$ on the real rows; the learner's where it has fewer.
        carry_step_size: whether the rows come with $\alpha$, as the step size of the learner; it
            must be a network, as others do not descend when they learn.
        optimizer: makes the step.

    Raises:
        ValueError: for a number below 1.
    """

    num_experts: int = 5
    student_steps: int = 10
    expert_steps: int = 10
    carry_step_size: bool = False
    optimizer: MakeOptimizer = ADAM

    departs: ClassVar[tuple[str, ...]] = ("law", "criterion")
    one_shot: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Check the settings."""
        for name in ("num_experts", "student_steps", "expert_steps"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} = {getattr(self, name)}: must be at least 1")

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Return the steps, without end, after training the experts.

        Args:
            problem: what to distil for.
            generator: draws where the experts start, and the part of one that each step follows.

        Raises:
            NotApplicable: for a learner without a loss, and a problem without training rows; for
                one that is no network where the step size is carried.
        """
        learner = gradient_learner(problem, "trajectory matching")
        real = training_rows(problem, "trajectory matching")
        if self.carry_step_size:
            network_learner(problem, "trajectory matching with a step size to carry")
        length = min(self.expert_steps, learner.num_steps)
        experts = [trajectory(learner, real, generator=generator) for _ in range(self.num_experts)]
        log_rate = torch.tensor(log(learner.step_size), dtype=real.dtype, requires_grad=True)

        def objective(rows: Tensor) -> Tensor:
            which = int(torch.randint(self.num_experts, (), generator=generator))
            expert = experts[which]
            start = int(torch.randint(len(expert) - length, (), generator=generator))
            return trajectory_distance(
                learner, rows, expert[start], expert[start + length],
                num_steps=self.student_steps, step_size=log_rate.exp(),
            )  # fmt: skip

        gradients = partial(objective_gradients, problem, objective)
        kind = _CarryingDescent if self.carry_step_size else Descent
        return kind(problem, gradients, self.optimizer, also=[log_rate])


class _CarryingDescent(Descent):
    """Steps whose rows come with the step size that is learnt beside them, as its logarithm."""

    @property
    def carried(self) -> dict[str, float]:
        """The step size of the learner."""
        return {"step_size": self._moved[1].exp().item()}


def trajectory(learner: GradientLearner, rows: Tensor, *, generator: Generator) -> list[Tensor]:
    r"""Return $\theta^*_0,\dots,\theta^*_T$ of one training on `rows`.

    Args:
        learner: is trained, for its number of steps $T$.
        rows: `(n, …)`.
        generator: draws $\theta^*_0$.
    """
    thetas = [learner.initial(rows, generator=generator)]
    for _ in range(learner.num_steps):
        thetas.append(train(learner, thetas[-1], rows, num_steps=1))
    return thetas


def trajectory_distance(
    learner: GradientLearner,
    rows: Tensor,
    start: Tensor,
    target: Tensor,
    *,
    num_steps: int,
    step_size: float | Tensor,
) -> Tensor:
    r"""Return how far from `target` training on `rows` ends, in squared lengths of the way.

    A scalar: 0 where the student arrives, 1 where it stays at `start`; differentiable in `rows`
    and `step_size`.

    Args:
        learner: has the loss that the student descends.
        rows: synthetic rows `(m, …)`.
        start: parameters $\theta^*_t$.
        target: parameters $\theta^*_{t+M}$.
        num_steps: steps $N$ of the student.
        step_size: of the student, $\alpha$.
    """
    student = train(
        learner, start, rows, num_steps=num_steps, step_size=step_size, differentiable=True
    )
    # An expert that has arrived does not move; the way is then as long as rounding.
    way = (start - target).square().sum().clamp_min(torch.finfo(start.dtype).eps)
    return (student - target).square().sum() / way
