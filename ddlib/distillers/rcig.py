r"""RCIG (Loo et al. 2023): implicit gradients through a training that is made convex.

$$\hat F(S)=\mathbb E_{\theta_0}\,\hat{\mathcal R}(\theta_0+\delta^*(S)),\qquad
\delta^*(S)=\arg\min_\delta\
\frac c{2m}\bigl\|J(X_S)\,\delta-u_S\bigr\|^2+\frac\lambda2\|\delta\|^2$$

with $J$ the derivatives of the network at its start $\theta_0$: around that it is linear, and the
learner's loss convex. Its squared error is $c=2/k$, $u=y-f$; its cross-entropy is replaced by the
quadratic bound $c=\frac12$, $u=2(y-\operatorname{softmax}f)$ (Böhning 1992). $\lambda=1/(\eta T)$
shrinks as $T$ steps of size $\eta$ do that stop early (Ali et al. 2019). The end has a closed form
in the $mk$ outputs, and so has its derivative, by the implicit function theorem:

$$\nabla_S\hat F=-(\partial_S\nabla_\delta\ell)^\top H^{-1}\nabla\hat{\mathcal R},\qquad
H^{-1}g=\frac1\lambda\Bigl(g-J^\top\bigl(JJ^\top+\tfrac{m\lambda}cI\bigr)^{-1}Jg\Bigr).$$

Departures: the authors linearise at networks of a pool, which were trained on the rows, and after
their last layer was solved for; here $\delta^*$ is all of the training. They fit classes by a
squared error and judge by a cross-entropy with a learnt scale; here both are the problem's own.
"""

# torch has no types for its linear algebra and transforms.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Generator, Tensor
from torch.func import grad, jvp

from ddlib.arguments import fault, is_finite
from ddlib.distillers.descent import ADAM, MakeOptimizer, descend
from ddlib.distillers.needs import network_learner
from ddlib.learners.features import tangents
from ddlib.learners.network import NetworkLearner
from ddlib.problem import DistillationProblem
from ddlib.problem.rows import Layout


@dataclass(frozen=True)
class RCIG:
    r"""Descend the criterion at the end of a convex training, each time from a new start.

    Attributes:
        penalty: $\lambda$, in the units of the learner's loss per squared parameter; None for
            $1/(\eta T)$ of the learner.
        optimizer: makes the step.

    Raises:
        ValueError: for a penalty that is not above 0.
    """

    penalty: float | None = None
    optimizer: MakeOptimizer = ADAM

    departs: ClassVar[tuple[str, ...]] = ("law", "learner")
    one_shot: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Check the settings."""
        if self.penalty is not None and not (is_finite(self.penalty) and self.penalty > 0):
            raise ValueError(fault("penalty", self.penalty, "a finite number above 0, or None"))

    def steps(self, problem: DistillationProblem, *, generator: Generator) -> Iterator[Tensor]:
        """Return the steps, without end.

        Args:
            problem: what to distil for.
            generator: draws where the network starts.

        Raises:
            NotApplicable: for a learner that is no network.
        """
        learner = network_learner(problem, "RCIG")
        penalty = self.penalty or 1 / (learner.num_steps * learner.step_size)

        def objective(rows: Tensor) -> Tensor:
            theta = learner.initial(rows, generator=generator)
            return problem.criterion(learner.model(convex_end(learner, theta, rows, penalty)))

        return descend(problem, objective, self.optimizer)


def convex_end(learner: NetworkLearner, theta: Tensor, rows: Tensor, penalty: float) -> Tensor:
    r"""Return $\theta_0+\delta^*(S)$ `(P,)`, with its first derivative in `rows`.

    The optimum is found without a graph; one more Newton step, which moves it no further, has the
    derivative that the implicit function theorem gives.

    Args:
        learner: has the network.
        theta: $\theta_0$, `(P,)`.
        rows: synthetic rows `(m, d + k)`.
        penalty: $\lambda$, in the units of the learner's loss per squared parameter.
    """
    layout = Layout(learner.num_responses, learner.categorical)
    curvature = 0.5 if learner.categorical else 2 / learner.num_responses
    inputs, ridge = layout.inputs(rows), len(rows) * penalty / curvature

    def outputs(theta: Tensor) -> Tensor:
        return learner.predict(theta, inputs)

    def missing(values: Tensor) -> Tensor:
        had = values.softmax(1) if learner.categorical else values
        return (layout.responses(rows) - had) * (2 if learner.categorical else 1)

    with torch.no_grad():
        slopes = tangents(learner, theta, inputs).flatten(0, 1)
        gram = slopes @ slopes.T
        gram.diagonal().add_(ridge)
        factor = torch.linalg.cholesky(gram)
        wanted = missing(outputs(theta)).reshape(-1, 1)
        delta = (slopes.T @ torch.cholesky_solve(wanted, factor)).flatten()

    def loss(delta: Tensor) -> Tensor:
        values, change = jvp(outputs, (theta,), (delta,))[:2]
        return ((change - missing(values)).square().sum() + ridge * delta.square().sum()) / 2

    gradient = grad(loss)(delta)
    inside = slopes.T @ torch.cholesky_solve((slopes @ gradient)[:, None], factor)
    step = (gradient - inside.flatten()) / ridge
    return theta + delta - (step - step.detach())
