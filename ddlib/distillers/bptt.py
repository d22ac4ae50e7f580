r"""Back-propagation through time (BPTT): the gradient of the criterion through training itself.

$$\hat F(S)=\hat{\mathcal R}(\theta_N),\qquad
\theta_{t+1}=\theta_t-\eta\,\nabla_\theta\,\ell(\theta_t;S),\quad t<N$$

from a new $\theta_0$ each step (Wang et al. 2018). Unrolled over all of the learner's steps,
$N=T$, the objective is $\hat F$ itself. With a `window` $M$ the end is random,
$N\sim U\{M,\dots,T\}$, and only the last $M$ steps are differentiated (random truncation, Feng et
al. 2024): less memory, a truncated learner, and a biased gradient.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Generator, Tensor

from ddlib.distillers.descent import ADAM, MakeOptimizer, descend
from ddlib.distillers.needs import gradient_learner
from ddlib.problem import DistillationProblem
from ddlib.training import unroll


@dataclass(frozen=True)
class BPTT:
    """Unroll the learner's descent on the rows, all of it or a `window` of steps at random."""

    window: int | None = None
    optimizer: MakeOptimizer = ADAM

    one_shot: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Check the settings; raise `ValueError` with the one that is wrong."""
        if self.window is not None and self.window < 1:
            raise ValueError(f"window = {self.window}: must be at least 1, or None for all steps")

    @property
    def departs(self) -> tuple[str, ...]:
        """Truncated, it descends another learner."""
        return ("law",) if self.window is None else ("law", "learner")

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Yield the rows after each step; `NotApplicable` for a learner without a loss."""
        gradient_learner(problem, "BPTT")

        def objective(rows: Tensor) -> Tensor:
            return unrolled_objective(problem, rows, window=self.window, generator=generator)

        yield from descend(problem, objective, self.optimizer)


def unrolled_objective(
    problem: DistillationProblem, rows: Tensor, *, window: int | None, generator: Generator
) -> Tensor:
    r"""Return $\hat{\mathcal R}(\theta_N)$ of one draw of $\theta_0$ and of the end $N$, a scalar.

    Differentiable in `rows` through the last `window` steps; None for all of them.
    """
    learner = gradient_learner(problem, "BPTT")
    theta, end = learner.initial(rows, generator=generator), learner.num_steps
    if window is not None and window < end:
        end = int(torch.randint(window, learner.num_steps + 1, (), generator=generator))
    theta = unroll(learner, theta, rows, num_steps=end, window=min(window or end, end))
    return problem.criterion(learner.model(theta))
