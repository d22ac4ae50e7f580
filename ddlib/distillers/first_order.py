r"""First-order distillation: gradient descent on $\hat F$ through the learner itself.

$$S \leftarrow S - \eta\,\nabla_S\,\hat{\mathcal R}(\mathcal A(S,\xi))$$

The chain rule runs through $\mathcal A$. With a closed-form learner (least squares, maximum
likelihood) the hypergradient is exact; no inner loop is truncated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import torch
from torch import Generator, Tensor
from torch.optim import Adam, Optimizer

from ddlib.problem import DistillationProblem


@dataclass(frozen=True)
class FirstOrder:
    """Descend the gradient through a differentiable learner; `optimizer` makes the step."""

    optimizer: Callable[[list[Tensor]], Optimizer] = partial(Adam, lr=0.05)

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Yield the synthetic rows `(m, …)` after each step, without end.

        Raises `ValueError` when the learner has no gradient in its rows.
        """
        rows = problem.initial.clone().requires_grad_()
        optimizer = self.optimizer([rows])
        while True:
            value = problem.objective(rows, generator=generator)
            if not value.requires_grad:
                name = type(problem.learner).__name__
                raise ValueError(f"learner: {name} has no gradient; use a zeroth-order distiller")
            (rows.grad,) = torch.autograd.grad(value, rows)
            optimizer.step()
            yield rows
