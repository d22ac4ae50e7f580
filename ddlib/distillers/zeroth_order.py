r"""Zeroth-order distillation: for learners without a gradient, such as structure search.

With $\delta\sim N(0,I)$ of the shape of a block $S_j$ of the synthetic rows, the estimate

$$g_j = \frac1q\sum_{k=1}^q \frac{\hat F(S_j+\epsilon\delta_k)-\hat F(S_j)}{\epsilon}\,\delta_k
\qquad\text{or, antithetic,}\qquad
\frac1q\sum_{k=1}^q
\frac{\hat F(S_j+\epsilon\delta_k)-\hat F(S_j-\epsilon\delta_k)}{2\epsilon}\,\delta_k$$

has the gradient of the Gaussian smoothing $\mathbb E\,\hat F(S_j+\epsilon\delta)$ as its mean. One
direction, one-sided, learning from the block alone is Algorithm 1 as in the caption of Fig. 1(b).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
from torch import Generator, Tensor
from torch.optim import SGD, Optimizer

from ddlib.problem import DistillationProblem, Part


@dataclass(frozen=True)
class ZerothOrder:
    r"""Descend along finite differences in random directions, one random block a step.

    `smoothing` is $\epsilon$, in the units of the rows; `num_directions` is $q$. With
    `learn_from="part"` the model is learnt from the block alone, with `"all"` from the whole
    synthetic set with that block perturbed; with one block the two are the same. `optimizer`
    makes the step from the estimate (plain gradient descent unless told).
    """

    smoothing: float
    num_directions: int = 1
    antithetic: bool = False
    learn_from: Literal["part", "all"] = "part"
    optimizer: Callable[[list[Tensor]], Optimizer] = partial(SGD, lr=1.0)

    def __post_init__(self) -> None:
        """Check the settings; raise `ValueError` with the one that is wrong."""
        if not self.smoothing > 0:
            raise ValueError(f"smoothing = {self.smoothing}: must be above 0")
        if self.num_directions < 1:
            raise ValueError(f"num_directions = {self.num_directions}: must be at least 1")
        if self.learn_from not in ("part", "all"):
            raise ValueError(f"learn_from = {self.learn_from!r}: must be 'part' or 'all'")

    @torch.no_grad()
    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Yield the synthetic rows `(m, …)` after each step, without end."""
        rows = problem.initial.clone()
        optimizer = self.optimizer([rows])
        while True:
            j = int(torch.randint(len(problem.blocks), (), generator=generator))
            block = problem.blocks[j]
            rows.grad = torch.zeros_like(rows)
            rows.grad[block.rows] = self.gradient(problem, rows, block, generator=generator)
            optimizer.step()
            yield rows

    def gradient(
        self, problem: DistillationProblem, rows: Tensor, block: Part, *, generator: Generator
    ) -> Tensor:
        """Return the estimate $g_j$ of the gradient in the rows of `block`, of their shape."""
        objective = self.block_objective(problem, rows, block, generator=generator)
        center = rows[block.rows]
        eps, total = self.smoothing, torch.zeros_like(center)
        base = None if self.antithetic else objective(center)
        for _ in range(self.num_directions):
            delta = torch.randn(center.shape, dtype=rows.dtype, generator=generator)
            forward = objective(center + eps * delta)
            if self.antithetic:
                slope = (forward - objective(center - eps * delta)) / (2 * eps)
            else:
                slope = (forward - base) / eps
            total += slope * delta
        return total / self.num_directions

    def block_objective(
        self, problem: DistillationProblem, rows: Tensor, block: Part, *, generator: Generator
    ) -> Callable[[Tensor], Tensor]:
        r"""Return $S_j\mapsto\hat F$, learnt from the block alone or from all rows around it.

        Every call draws the learner's randomness afresh from the same state (common random
        numbers), so that a difference of two values is due to the rows.
        """
        state = generator.get_state()

        def objective(candidate: Tensor) -> Tensor:
            learn_from = candidate
            if self.learn_from == "all":
                learn_from = rows.clone()
                learn_from[block.rows] = candidate
            common = Generator().set_state(state)
            return block.criterion(problem.learner(learn_from, generator=common))

        return objective
