r"""Sensitivity coresets: weighted rows, drawn by the share of the loss that each may have.

$$s_i\ge\sup_\theta\frac{\ell_i(\theta)}{\sum_j\ell_j(\theta)},\qquad
P(i)=p_i=\frac{s_i}{\sum_js_j},\qquad w_i=\frac1{n\,p_i}$$

(Langberg & Schulman 2010; Feldman & Langberg 2011): $m$ rows drawn with replacement, each with its
weight, so that for every $\theta$ the mean of $\frac1m\sum_kw_{i_k}\ell_{i_k}(\theta)$ over draws
is $\frac1n\sum_i\ell_i(\theta)$, and no draw is worth much more than another. Of a regression with
$\ell_i(\theta)=(y_i-\theta^\top x_i)^2+\lambda\lvert\theta\rvert^2$ and $z=(x,y)$,

$$s_i=\frac1n+z_i^\top\bigl(Z^\top Z+n\Lambda\bigr)^{-1}z_i,\qquad
\Lambda=\operatorname{diag}(\lambda,\dots,\lambda,0)$$

as $\theta$ gives one of the combinations of columns over which the second term is the supremum.
Several responses are so many zeros in $\Lambda$.

Rows here have no place for weights, but a regression without intercept learns from
$(\sqrt w\,x,\sqrt w\,y)$ what it learns from $(x,y)$ of the weight $w$: so the rows are scaled, and
other learners are refused.
"""

# torch has no types for its linear algebra.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Generator, Tensor

from ddlib.distillers.needs import training_rows
from ddlib.learners.bayesian_regression import BayesianRegression
from ddlib.learners.ridge import Ridge
from ddlib.problem import DistillationProblem, NotApplicable


@dataclass(frozen=True)
class SensitivityCoreset:
    """Return rows drawn by their sensitivities, with replacement, scaled by their weights."""

    departs: ClassVar[tuple[str, ...]] = ("law", "criterion")
    one_shot: ClassVar[bool] = True

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Yield the one set.

        Args:
            problem: what to distil for.
            generator: draws the rows.

        Raises:
            NotApplicable: for a problem without training rows, a learner that is neither a `Ridge`
                nor a `BayesianRegression`, and scaled rows that are not feasible.
        """
        real, count = training_rows(problem, "a sensitivity coreset"), len(problem.initial)
        learner = problem.learner
        if not isinstance(learner, Ridge | BayesianRegression):
            raise NotApplicable(
                f"learner: {type(learner).__name__} has no place for weights of rows; a "
                "sensitivity coreset needs a regression without intercept, a Ridge or a "
                "BayesianRegression"
            )
        scores = sensitivities(real, learner.num_responses, penalty_per_row(learner, len(real)))
        chosen, weights = draw_weighted(scores, count, generator=generator)
        if isinstance(learner, BayesianRegression) and learner.effective_size is None:
            weights = weights * len(real) / count  # it takes rows for no more than they are
        rows = real[chosen] * weights.sqrt()[:, None]
        if not problem.feasible(rows).equal(rows):
            raise NotApplicable(
                "feasible: changes scaled rows; a sensitivity coreset carries its weights in them"
            )
        yield rows


def sensitivities(rows: Tensor, num_responses: int, penalty: float) -> Tensor:
    r"""Return $s$ `(n,)`, upper bounds of the share that a row may have in the loss.

    Args:
        rows: $z$, `(n, d + k)`.
        num_responses: k.
        penalty: $\lambda$ per row, at least 0.
    """
    shrunk = rows.new_full((rows.shape[1],), len(rows) * penalty)
    shrunk[rows.shape[1] - num_responses :] = 0.0
    # The pseudo-inverse: every row lies in the span of all, whether or not that is the space.
    inverse = torch.linalg.pinv(rows.T @ rows + shrunk.diag(), hermitian=True)
    return 1 / len(rows) + ((rows @ inverse) * rows).sum(1).clamp(0, 1)


def draw_weighted(scores: Tensor, count: int, *, generator: Generator) -> tuple[Tensor, Tensor]:
    """Return indices and weights, both `(count,)`, drawn with replacement.

    Args:
        scores: sensitivities `(n,)`, above 0.
        count: number of draws.
        generator: draws them.
    """
    heights = scores.cumsum(0)
    levels = torch.rand(count, dtype=scores.dtype, generator=generator).to(scores.device)
    chosen = torch.searchsorted(heights, levels * heights[-1], right=True)
    chosen = chosen.clamp_max(len(scores) - 1)
    return chosen, heights[-1] / (len(scores) * scores[chosen])


def penalty_per_row(learner: Ridge | BayesianRegression, num_rows: int) -> float:
    r"""Return $\lambda$: that of a `Ridge`, $\sigma^2/n\tau^2$ of a `BayesianRegression`.

    Args:
        learner: a regression.
        num_rows: $n$.
    """
    if isinstance(learner, Ridge):
        return learner.penalty
    return (learner.noise_std / learner.prior_std) ** 2 / num_rows
