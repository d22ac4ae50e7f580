r"""Zeroth-order distillation: for learners without a gradient, such as structure search.

With $\delta\sim N(0,I)$ of the shape of a part $S_j$ of the synthetic rows, the estimate

$$g_j = \frac1q\sum_{k=1}^q \frac{\hat F(S_j+\epsilon\delta_k)-\hat F(S_j)}{\epsilon}\,\delta_k
\qquad\text{or, antithetic,}\qquad
\frac1q\sum_{k=1}^q
\frac{\hat F(S_j+\epsilon\delta_k)-\hat F(S_j-\epsilon\delta_k)}{2\epsilon}\,\delta_k$$

has the gradient of the Gaussian smoothing $\mathbb E\,\hat F(S_j+\epsilon\delta)$ as its mean. One
direction, one-sided, learning from the part alone is Algorithm 1 as in the caption of Fig. 1(b).
All sets of a step are learnt from in one batch where the learner can do that.
"""

# torch has no types for products of tensors.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import ClassVar, Literal

import torch
from torch import Generator, Tensor
from torch.optim import SGD

from ddlib.arguments import count_faults, fault, is_number, raise_faults
from ddlib.distillers.descent import Descent, MakeOptimizer
from ddlib.problem import DistillationProblem, Part, objective_values


@dataclass(frozen=True)
class ZerothOrder:
    r"""Descend along finite differences in random directions, one random part per step.

    Attributes:
        smoothing: $\epsilon$, in the units of the rows.
        num_directions: $q$.
        antithetic: whether differences are central.
        learn_from: "part" to learn the model from the part alone, "all" from the whole synthetic
            set with that part perturbed; with one part the two are the same.
        optimizer: makes the step from the estimate; plain gradient descent unless told.

    Raises:
        ValueError: unless the smoothing is finite and above 0, the number of directions whole and
            at least 1, and `learn_from` one of the two; it names all that are wrong.
    """

    smoothing: float
    num_directions: int = 1
    antithetic: bool = False
    learn_from: Literal["part", "all"] = "part"
    optimizer: MakeOptimizer = partial(SGD, lr=1.0)

    departs: ClassVar[tuple[str, ...]] = ("law",)
    one_shot: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Check the settings."""
        size, count = self.smoothing, self.num_directions
        faults: list[str] = []
        if not (is_number(size) and 0 < size < inf):
            faults.append(fault("smoothing", size, "a finite number above 0"))
        faults += count_faults("num_directions", count, 1)
        if self.learn_from not in ("part", "all"):
            faults.append(f"learn_from = {self.learn_from!r}: must be 'part' or 'all'")
        raise_faults(faults)

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Return the steps, without end.

        Args:
            problem: what to distil for.
            generator: draws parts, directions, and what is random in the learner.
        """

        @torch.no_grad()
        def gradients(moved: list[Tensor]) -> list[Tensor]:
            rows = moved[0].detach()
            j = int(torch.randint(len(problem.all_parts), (), generator=generator))
            part = problem.all_parts[j]
            estimate = torch.zeros_like(rows)
            estimate[part.span] = self.gradient(problem, rows, part, generator=generator)
            return [estimate]

        return Descent(problem, gradients, self.optimizer)

    def gradient(
        self, problem: DistillationProblem, rows: Tensor, part: Part, *, generator: Generator
    ) -> Tensor:
        """Return the estimate $g_j$ of the gradient in the rows of `part`, of their shape.

        Args:
            problem: has the learner.
            rows: synthetic rows `(m, …)`.
            part: part $S_j$ that is perturbed.
            generator: draws directions, and what is random in the learner.
        """
        center = rows[part.span]
        eps, shape = self.smoothing, (self.num_directions, *center.shape)
        deltas = torch.randn(shape, dtype=rows.dtype, generator=generator).to(rows.device)
        others = center - eps * deltas if self.antithetic else center[None]
        candidates = torch.cat([center + eps * deltas, others])
        values = objective_values(
            problem.learner,
            part.criterion,
            self.sets(rows, part, candidates),
            generator=generator,
        )
        forward, backward = values[: self.num_directions], values[self.num_directions :]
        slopes = (forward - backward) / (2 * eps if self.antithetic else eps)
        return torch.tensordot(slopes.to(deltas), deltas, dims=1) / self.num_directions

    def sets(self, rows: Tensor, part: Part, candidates: Tensor) -> Tensor:
        """Return what is learnt from, `(B, …)`: a set for each candidate.

        Args:
            rows: synthetic rows `(m, …)`.
            part: part that the candidates replace.
            candidates: `(B, …)`, each of the shape of the part.
        """
        if self.learn_from == "part":
            return candidates
        sets = rows.repeat(len(candidates), *[1] * rows.ndim)
        sets[:, part.span] = candidates
        return sets
