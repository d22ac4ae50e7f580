r"""Sliced Wasserstein distance: rows whose projections onto lines are distributed as the real ones.

$$\hat F(S)=\sum_c\mathbb E_u\int_0^1\bigl(F^{-1}_{D_c,u}(q)-F^{-1}_{S_c,u}(q)\bigr)^2\,dq,\qquad
u\sim U(\text{unit sphere})$$

with $F^{-1}_{D_c,u}$ the quantile function of $\langle u,\phi(x)\rangle$ over the rows of class $c$
(Rabin et al. 2012), $\phi$ as in herding, and new directions $u$ each step. On a line the best
transport matches quantiles: that of $n$ to $m$ rows is exact for any two counts, since both
quantile functions are constant between the levels $i/n$ and $j/m$. All of a distribution counts,
and neither the learner nor the criterion has a say.
"""

# torch has no types for norms and unique entries.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Generator, Tensor

from ddlib.arguments import count_faults, raise_faults
from ddlib.distillers.descent import ADAM, MakeOptimizer, descend
from ddlib.distillers.needs import training_rows
from ddlib.problem import DistillationProblem


@dataclass(frozen=True)
class SlicedWasserstein:
    """Descend the mean squared distance over random directions, new ones each step.

    Attributes:
        num_directions: number of directions per step.
        optimizer: makes the step.

    Raises:
        ValueError: for a number of directions that is not whole, or below 1.
    """

    num_directions: int = 64
    optimizer: MakeOptimizer = ADAM

    departs: ClassVar[tuple[str, ...]] = ("law", "criterion", "learner")
    one_shot: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Check the settings."""
        raise_faults(count_faults("num_directions", self.num_directions, 1))

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Return the steps, without end.

        Args:
            problem: what to distil for.
            generator: draws the directions.

        Raises:
            NotApplicable: for a problem without training rows.
        """
        real, layout = training_rows(problem, "sliced Wasserstein"), problem.layout
        standardise, classes = layout.standardiser(real), layout.groups(problem.initial)
        features = standardise(layout.features(real))
        wanted = [features[group] for group in layout.groups(real)]

        def objective(rows: Tensor) -> Tensor:
            directions = random_directions(features, self.num_directions, generator=generator)
            had = standardise(layout.features(rows))
            pairs = zip(wanted, classes, strict=True)
            return torch.stack(
                [
                    sliced_distance(directions, theirs, had[ours])
                    for theirs, ours in pairs
                    if len(ours)  # a set may have fewer rows than there are classes
                ]
            ).sum()

        return descend(problem, objective, self.optimizer)


def random_directions(features: Tensor, count: int, *, generator: Generator) -> Tensor:
    """Return unit vectors `(d, count)`, uniform on the sphere.

    Args:
        features: `(n, d)`, whose width and type they take.
        count: number of directions.
        generator: draws them.
    """
    drawn = torch.randn(features.shape[1], count, dtype=features.dtype, generator=generator)
    return (drawn / drawn.norm(dim=0)).to(features.device)


def sliced_distance(directions: Tensor, real: Tensor, rows: Tensor) -> Tensor:
    """Return the mean over directions of the squared Wasserstein-2 distance on each, a scalar.

    Args:
        directions: unit vectors `(d, p)`.
        real: features `(n, d)`.
        rows: features `(m, d)`; the value is differentiable in them, but where projections tie.
    """
    theirs, ours, shares = matched_quantiles(len(real), len(rows))
    real_quantiles = (real @ directions).sort(dim=0).values[theirs]
    quantiles = (rows @ directions).sort(dim=0).values[ours]
    squares = (real_quantiles - quantiles).square().mean(1)
    return shares.to(squares) @ squares


def matched_quantiles(num_real: int, num_rows: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return the pieces on which both quantile functions are constant, at most `n + m - 1`.

    The levels are whole numbers, in units of 1/nm, so that no rounding makes or hides a piece.

    Args:
        num_real: n.
        num_rows: m.

    Returns:
        On each piece the rank of the real row, that of the synthetic row, from 0, and the share of
        the piece, which sum to 1.
    """
    ends = torch.cat([
        torch.arange(1, num_real + 1) * num_rows, torch.arange(1, num_rows + 1) * num_real,
    ]).unique()  # fmt: skip
    starts = torch.cat([torch.zeros(1, dtype=torch.long), ends[:-1]])
    shares = (ends - starts).double() / (num_real * num_rows)
    return starts // num_rows, starts // num_real, shares
