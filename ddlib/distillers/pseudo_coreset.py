r"""Bayesian pseudo-coresets (Manousakas et al. 2020): rows whose posterior is that of all rows.

$$\hat F(S)=\mathrm{KL}(p_S\,\|\,p_D)\quad\text{or}\quad\mathrm{KL}(p_D\,\|\,p_S),\qquad
p_S(\theta)\propto p(\theta)\prod_{i=1}^m p(y_i\mid x_i,\theta)^{n/m}$$

The first, reverse, is that of Manousakas et al., the second, forward, that of Kim et al. (2022);
they descend estimates from samples. In linear regression with known noise both posteriors are
Gaussian, and either divergence has a closed form and an exact gradient. Their weights of rows need
no place of their own here: a row of weight $w$ says what $(\sqrt w\,x,\sqrt w\,y)$ says.

The learner is a `BayesianRegression`, or a `Ridge`, whose weights are the mean of the posterior
with the noise $\sigma^2$ of its residuals on the training rows, $n$ of these, and the prior
$\tau^2=\sigma^2/n\lambda$.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, get_args

import torch
from torch import Generator, Tensor

from ddlib.arguments import fault
from ddlib.distillers.descent import ADAM, MakeOptimizer, descend
from ddlib.distillers.needs import training_rows
from ddlib.learners.bayesian_regression import BayesianRegression
from ddlib.learners.ridge import Ridge
from ddlib.problem import DistillationProblem, NotApplicable

Divergence = Literal["reverse", "forward"]
"""Which of two posteriors the divergence takes the mean over: that of the set, or of all rows."""


@dataclass(frozen=True)
class PseudoCoreset:
    """Descend the divergence between the posteriors of the rows and of all training rows.

    Attributes:
        divergence: "reverse" or "forward".
        optimizer: makes the step.

    Raises:
        ValueError: for another divergence.
    """

    divergence: Divergence = "reverse"
    optimizer: MakeOptimizer = ADAM

    departs: ClassVar[tuple[str, ...]] = ("law", "criterion")
    one_shot: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Check the settings."""
        if self.divergence not in get_args(Divergence):
            raise ValueError(fault("divergence", self.divergence, "'reverse' or 'forward'"))

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Return the steps, without end.

        Args:
            problem: what to distil for.
            generator: not used, as nothing is random.

        Raises:
            NotApplicable: for a problem without training rows, and for a learner whose posterior
                is not known.
        """
        real = training_rows(problem, "a pseudo-coreset")
        learner = posterior_learner(problem, real)
        all_rows = learner(real)

        def objective(rows: Tensor) -> Tensor:
            few = learner(rows)
            return few.kl(all_rows) if self.divergence == "reverse" else all_rows.kl(few)

        return descend(problem, objective, self.optimizer)


def posterior_learner(problem: DistillationProblem, real: Tensor) -> BayesianRegression:
    """Return who learns the posterior; a set speaks for as many rows as `real` has, unless it says.

    Args:
        problem: has a `BayesianRegression`, or a `Ridge` as the posterior mean.
        real: training rows `(n, d + k)`.

    Raises:
        NotApplicable: for another learner, and for a `Ridge` that leaves no residual.
    """
    own = problem.learner
    if isinstance(own, BayesianRegression):
        return own if own.effective_size else replace(own, effective_size=len(real))
    if not isinstance(own, Ridge):
        raise NotApplicable(
            f"learner: {type(own).__name__} has no Gaussian posterior; a pseudo-coreset needs a "
            "BayesianRegression or a Ridge"
        )
    with torch.no_grad():
        inputs, wanted = real.tensor_split([real.shape[1] - own.num_responses], dim=1)
        noise = (wanted - own.predict(own(real), inputs)).square().mean().sqrt().item()
    if noise == 0:
        raise NotApplicable(
            "learner: Ridge leaves no residual on the training rows; a pseudo-coreset needs noise"
        )
    prior = noise / (len(real) * own.penalty) ** 0.5
    return BayesianRegression(own.num_responses, noise, prior, effective_size=len(real))
