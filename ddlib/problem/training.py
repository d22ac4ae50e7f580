r"""Learners that descend a loss, and their descent.

$$\theta_{t+1}=\theta_t-\eta\,\nabla_\theta\,\ell(\theta_t;S),\qquad t<T.$$

Methods that unroll, truncate or imitate training need such a learner. A learner with a closed
form may have a loss too: then its descent stands in for the closed form.
"""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import torch
from torch import Generator, Tensor

from ddlib.problem.cost import Cost, spend


@runtime_checkable
class GradientLearner(Protocol):
    r"""A learner with a loss: it descends $\ell$ from $\theta_0$.

    $\theta$ is one tensor of any shape, of which `model` makes what a criterion takes.
    """

    @property
    def num_steps(self) -> int:
        """The number of steps $T$."""
        ...

    @property
    def step_size(self) -> float:
        r"""The size $\eta$ of a step."""
        ...

    def initial(self, rows: Tensor, *, generator: Generator) -> Tensor:
        r"""Return $\theta_0$.

        Args:
            rows: `(m, …)`, whose width and type matter alone.
            generator: draws $\theta_0$ where it is random; handed on as to a `Learner`.
        """
        ...

    def loss(self, theta: Tensor, rows: Tensor) -> Tensor:
        r"""Return $\ell(\theta;S)$, a scalar: what the learner minimises.

        Args:
            theta: parameters.
            rows: `(m, …)`.
        """
        ...

    def layers(self, theta: Tensor) -> list[Tensor]:
        """Return the weights of each layer, `(inputs, units)`.

        Args:
            theta: parameters, or a gradient in them.
        """
        ...

    def model(self, theta: Tensor) -> Any:
        """Return the model with these parameters.

        Args:
            theta: parameters.
        """
        ...


def train(
    learner: GradientLearner,
    theta: Tensor,
    rows: Tensor,
    *,
    num_steps: int,
    step_size: float | Tensor | None = None,
    differentiable: bool = False,
) -> Tensor:
    r"""Return $\theta$ after `num_steps` steps on `rows`.

    Args:
        learner: has the loss that is descended.
        theta: parameters to start from.
        rows: `(m, …)`.
        num_steps: number of steps.
        step_size: the learner's unless told.
        differentiable: whether to keep the graph of all steps, so that the result has a gradient
            in `rows` and in `step_size`.
    """
    step_size = learner.step_size if step_size is None else step_size
    for _ in range(num_steps):
        theta = theta - step_size * loss_gradient(
            learner, theta, rows, differentiable=differentiable
        )
    return theta


def unroll(
    learner: GradientLearner, theta: Tensor, rows: Tensor, *, num_steps: int, window: int
) -> Tensor:
    r"""Return $\theta$ after `num_steps` steps on `rows`, with a graph of the last `window`.

    Args:
        learner: has the loss that is descended.
        theta: parameters to start from.
        rows: `(m, …)`.
        num_steps: number of steps.
        window: at most `num_steps`; the steps before keep nothing.
    """
    theta = train(learner, theta, rows, num_steps=num_steps - window)
    return train(learner, theta, rows, num_steps=window, differentiable=True)


def loss_gradient(
    learner: GradientLearner, theta: Tensor, rows: Tensor, *, differentiable: bool = False
) -> Tensor:
    r"""Return $\nabla_\theta\,\ell(\theta;S)$, of the shape of `theta`.

    Args:
        learner: has the loss $\ell$.
        theta: parameters.
        rows: `(m, …)`.
        differentiable: whether the gradient is to have a graph of its own, in `rows` too.
    """
    if not theta.requires_grad:
        theta = theta.detach().requires_grad_()
    with torch.enable_grad():
        value = learner.loss(theta, rows if differentiable else rows.detach())
        (gradient,) = torch.autograd.grad(value, theta, create_graph=differentiable)
    spend(Cost(training_steps=1))
    return gradient if differentiable else gradient.detach()
