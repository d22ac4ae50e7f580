r"""Back-propagation through time (BPTT): the gradient of the criterion through training itself.

$$\hat F(S)=\hat{\mathcal R}(\theta_N),\qquad
\theta_{t+1}=\theta_t-\eta\,\nabla_\theta\,\ell(\theta_t;S),\quad t<N$$

from a new $\theta_0$ each step (Wang et al. 2018). Unrolled over all of the learner's steps,
$N=T$, the objective is $\hat F$ itself. Truncated to a `window` $M$, the end is random,
$N\sim U\{M,\dots,T\}$, and only the last $M$ steps are differentiated (random truncation, Feng et
al. 2024): less memory, a truncated learner, and a biased gradient.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import torch
from torch import Generator, Tensor

from ddlib.distillers.descent import ADAM, Descent, MakeOptimizer, descend
from ddlib.distillers.needs import gradient_learner
from ddlib.problem import DistillationProblem
from ddlib.problem.training import unroll


@dataclass(frozen=True)
class BPTT:
    """Unroll all of the learner's descent on the rows.

    Attributes:
        optimizer: makes the step.
    """

    optimizer: MakeOptimizer = ADAM

    departs: ClassVar[tuple[str, ...]] = ("law",)
    one_shot: ClassVar[bool] = False

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Return the steps, without end.

        Args:
            problem: what to distil for.
            generator: draws where each training starts.

        Raises:
            NotApplicable: for a learner without a loss.
        """
        return _unroll(problem, self.optimizer, window=None, generator=generator)


@dataclass(frozen=True)
class TruncatedBPTT:
    """Unroll the last steps of a descent on the rows that ends at random.

    Attributes:
        window: number $M$ of steps that are differentiated; all where the learner has fewer.
        optimizer: makes the step.

    Raises:
        ValueError: for a window below 1.
    """

    window: int = 10
    optimizer: MakeOptimizer = ADAM

    departs: ClassVar[tuple[str, ...]] = ("law", "learner")
    one_shot: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Check the settings."""
        if self.window < 1:
            raise ValueError(f"window = {self.window}: must be at least 1")

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Return the steps, without end.

        Args:
            problem: what to distil for.
            generator: draws where each training starts, and where it ends.

        Raises:
            NotApplicable: for a learner without a loss.
        """
        return _unroll(problem, self.optimizer, window=self.window, generator=generator)


def _unroll(
    problem: DistillationProblem,
    optimizer: MakeOptimizer,
    *,
    window: int | None,
    generator: Generator,
) -> Descent:
    """Return the steps down the unrolled objective."""
    gradient_learner(problem, "BPTT")
    objective = partial(unrolled_objective, problem, window=window, generator=generator)
    return descend(problem, objective, optimizer)


def unrolled_objective(
    problem: DistillationProblem, rows: Tensor, *, window: int | None, generator: Generator
) -> Tensor:
    r"""Return $\hat{\mathcal R}(\theta_N)$ of one draw of $\theta_0$ and of the end $N$, a scalar.

    Args:
        problem: has the learner and the criterion.
        rows: synthetic rows `(m, …)`.
        window: number of last steps through which the value is differentiable in `rows`; None for
            all steps.
        generator: draws $\theta_0$ and $N$.

    Raises:
        NotApplicable: for a learner without a loss.
    """
    learner = gradient_learner(problem, "BPTT")
    theta, end = learner.initial(rows, generator=generator), learner.num_steps
    if window is not None and window < end:
        end = int(torch.randint(window, learner.num_steps + 1, (), generator=generator))
    theta = unroll(learner, theta, rows, num_steps=end, window=min(window or end, end))
    return problem.criterion(learner.model(theta))
